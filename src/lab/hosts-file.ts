import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type LabRecord, writeAtomically } from './record.ts';
import { hostRoot } from './root.ts';

const BEGIN = '# kubewright lab: the hosts of this lab';
const END = '# end of kubewright lab';
const LOOPBACK = '127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n';

/** Puts the lab's block into the text of an /etc/hosts; every other line stays, in its place. */
export function withLabBlock(text: string, hosts: readonly { name: string; address: string }[]): string {
  const block = [BEGIN, ...hosts.map(({ name, address }) => `${address}\t${name}`), END, ''].join('\n');
  const start = text.indexOf(BEGIN);
  const end = text.indexOf(END, start);
  if (start >= 0 && end >= 0) {
    return text.slice(0, start) + block + text.slice(end + END.length).replace(/^\n/, '');
  }
  const before = text.trim() === '' ? LOOPBACK : text.replace(/\n?$/, '\n');
  return before + block;
}

/** Writes every host's name into /etc/hosts of every host, also of those that run: there is no DNS in a lab. */
export async function writeHostsFiles(record: LabRecord): Promise<void> {
  for (const host of record.hosts) {
    const path = join(hostRoot(record, host), 'etc/hosts');
    const text = await readFile(path, 'utf8').catch(() => '');
    const wanted = withLabBlock(text, record.hosts);
    if (wanted !== text) await writeAtomically(path, wanted, 0o644);
  }
}
