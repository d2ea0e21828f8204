import { chmod, copyFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../src/artifacts/store.ts';
import { run } from '../../src/lab/command.ts';
import { silent } from '../../src/output/events.ts';
import { kubeadmConfig } from './contenders.ts';
import type { BenchHost } from './lab-host.ts';

/** kubewright's own folder, as the preparing run left it. */
const KEEP = '/root/prepared-kubewright';

/** Makes the host "prepared" once; `kubewright init` has to have run on it. Answers the state that it then is in. */
export async function prepare(host: BenchHost): Promise<string> {
  const kubeadm = await openStore({ env: process.env, reporter: silent }).binary('kubeadm');
  const target = join(host.root, 'usr/local/bin/kubeadm');
  await copyFile(kubeadm.path, target);
  await chmod(target, 0o755);
  await writeFile(join(host.root, 'root/kubeadm.yaml'), await kubeadmConfig(host));
  const { exit, stderr } = await run(
    host.ssh('sh', '-c', `rm -rf ${KEEP} && cp -a /var/lib/kubewright ${KEEP}`),
  );
  if (exit !== 0) throw new Error(`the host could not be prepared: ${stderr}`);
  await host.script('restore.sh', KEEP);
  return host.script('state.sh');
}

/** The same procedure after each contender; throws with the difference where the host is not as it was. */
export async function restore(host: BenchHost, wanted: string): Promise<void> {
  await host.script('restore.sh', KEEP);
  const found = await host.script('state.sh');
  if (found === wanted) return;
  const [before, after] = [wanted.split('\n'), found.split('\n')];
  const difference = [
    ...before.filter((line) => !after.includes(line)).map((line) => `- ${line}`),
    ...after.filter((line) => !before.includes(line)).map((line) => `+ ${line}`),
  ];
  throw new Error(`${host.name} is not in its prepared state:\n${difference.join('\n')}`);
}
