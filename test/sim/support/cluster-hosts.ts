import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { treeLayer, writeArchive } from '../../../src/artifacts/image/archive.ts';
import type { ImageArtifact } from '../../../src/artifacts/port.ts';
import { KubewrightError } from '../../../src/base/errors.ts';
import type { HostBinary } from '../../../src/cluster/steps/binary.ts';
import type { ApiClient } from '../../../src/kube/port.ts';
import { type Sshd, startSshd } from './sshd.ts';

const FOLDERS = ['/etc', '/usr/local', '/opt', '/var/lib', '/run/systemd'];

/** The applier looks for commands in its own places: the stubs stand in the first of them. */
export async function startHost(address: string, key: string): Promise<Sshd> {
  const users = [{ name: 'root', uid: 0, authorizedKeys: [key] }];
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

/** `padding`: bytes that make each of them larger, none like another. */
export function hostFiles(padding = 0): HostBinary[] {
  const names = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc', 'kubelet', 'cni/bridge'];
  return names.map((component) => {
    const text = Buffer.from(`#!/bin/sh\n# not the real ${component}\n`);
    const content = Buffer.concat([text, randomBytes(padding)]);
    const path = component.startsWith('cni/')
      ? `/opt/cni/bin/${component.slice(4)}`
      : `/usr/local/bin/${component}`;
    const sha256 = createHash('sha256').update(content).digest('hex');
    const about = { component, version: 'v1', arch: 'amd64', path: '', sha256, size: content.length };
    return { path, mode: 0o755, artifact: { ...about, open: () => Readable.from([content]) } };
  });
}

export async function image(folder: string, component: string, padding = 0): Promise<ImageArtifact> {
  const path = join(folder, `${component}.tar`);
  const reference = `registry.k8s.io/${component}:v1`;
  const data = randomBytes(padding);
  const tree = [{ type: 'file' as const, path: '/data', mode: 0o644, size: padding, open: () => [data] }];
  const digest = await writeArchive(
    { reference, arch: 'amd64', layers: [await treeLayer(padding > 0 ? tree : [])] },
    path,
  );
  const content = readFileSync(path);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const about = { component, version: 'v1', arch: 'amd64', path, sha256, size: statSync(path).size };
  return { ...about, reference, digest, open: () => Readable.from([content]) };
}
