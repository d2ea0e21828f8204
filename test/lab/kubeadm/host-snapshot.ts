import { readFile as readText } from 'node:fs/promises';
import { join } from 'node:path';
import { readFile } from '../../golden/compare.ts';
import { describeCertificate, describeKubeconfig } from '../../golden/describe.ts';
import { on, type Side, withCommonNames } from './side.ts';

export type Snapshot = Record<string, unknown>;

/** Each file by its meaning under its path, and all modes and owners under `modes`. */
export async function hostSnapshot(side: Side, host: string): Promise<Snapshot> {
  const script = await readText(join(import.meta.dirname, 'snapshot.sh'), 'utf8');
  const modes: Record<string, string> = {};
  const files: Snapshot = {};
  for (const line of (await on(side, host, script)).split('\n').map(withoutTimes)) {
    const [, about, path = ''] = /^entry (.*?) (\/.*)$/.exec(line) ?? [];
    if (about) modes[path] = about;
    const [, file = '', base64 = ''] = /^content (\S+) (\S*)$/.exec(line) ?? [];
    if (file) files[file] = meaning(file, Buffer.from(base64, 'base64').toString());
  }
  return withCommonNames(side, { modes, ...files });
}

/** `kubelet-client-2026-11-25-10-46-16.pem` */
function withoutTimes(line: string): string {
  return line.replace(/(kubelet-(?:client|server))-\d{4}(?:-\d\d){5}/, '$1-TIME');
}

function meaning(path: string, text: string): unknown {
  if (/\.(crt|pem)$/.test(path)) return describeOwn(text);
  if (path.startsWith('/etc/kubernetes/') && path.endsWith('.conf')) return describeKubeconfig(text);
  return readFile(path, inOneOrder(text));
}

/** kubeadm names the members of etcd as etcd lists them, by ids that are random. */
function inOneOrder(manifest: string): string {
  return manifest.replace(
    /(--initial-cluster=)(\S+)/,
    (_, flag: string, members: string) => flag + members.split(',').sort().join(','),
  );
}

/** The kubelet's self-signed certificate has the second in its issuer. */
function describeOwn(text: string): unknown {
  return JSON.parse(JSON.stringify(describeCertificate(text)).replaceAll(/-ca@\d+/g, '-ca@TIME'));
}
