import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import { KubewrightError } from '../../../src/base/errors.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';
import type { SshOptions } from '../../../src/host/ssh/connect.ts';
import { noPrompts } from '../../../src/host/ssh/prompts.ts';
import type { ApiClient } from '../../../src/kube/port.ts';
import type { SimUser } from './private-files.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { standInBinary, standInImage } from './stand-ins.ts';

const FOLDERS = ['/etc', '/usr/local', '/opt', '/var/lib', '/run/systemd'];

/** The applier looks for commands in its own places: the stubs stand in the first of them. */
export async function startHost(
  address: string,
  key: string,
  others: readonly SimUser[] = [],
): Promise<Sshd> {
  const users = [{ name: 'root', uid: 0, authorizedKeys: [key] }, ...others];
  const sshd = await startSshd({ address, users, privateFolders: FOLDERS });
  const places = join(sshd.root, 'usr/local/sbin');
  mkdirSync(places);
  for (const name of ['systemctl', 'ctr']) {
    const script = `#!/bin/sh\nexec ${join(sshd.root, 'stub-bin', name)} "$@"\n`;
    writeFileSync(join(places, name), script, { mode: 0o755 });
  }
  // The phase `host` writes it, which also sets kernel parameters: of this machine.
  const units = join(sshd.root, 'etc/systemd/system');
  writeFileSync(join(units, 'kubelet.service'), '[Install]\nWantedBy=multi-user.target\n');
  return sshd;
}

/** Of a cluster that is not up. */
export const nobody: ApiClient = new Proxy({} as ApiClient, {
  get: () => () => {
    const message = 'nobody answers';
    throw new KubewrightError({ code: 'ApiUnreachable', message, exit: 'apiUnreachable' });
  },
});

/** `padding`: bytes that make each of them larger. */
export function hostFiles(padding = 0): HostBinary[] {
  const names = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc', 'kubelet', 'cni/bridge'];
  return names.map((component) => standInBinary(component, padding));
}

export function image(folder: string, component: string, padding = 0): Promise<ImageArtifact> {
  return standInImage(folder, component, { reference: `registry.k8s.io/${component}:v1`, padding });
}

/** How a run of its own logs in: by the laptop's ssh_config and keys, and asks nobody. */
export function loginOf(home: string): SshOptions {
  return {
    configFiles: [`${home}/.ssh/config`],
    acceptNewHostKeys: false,
    prompts: noPrompts,
    env: { HOME: home, USER: 'root' },
    connectTimeoutMs: 10_000,
  };
}
