import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabHost } from '../../../src/lab/port.ts';
import { shell } from './shell.ts';

/** Sorted lines, the kind first: file, content, mount, interface, address, route, nftables, cgroup. */
export type Inventory = string[];

const EXCLUSIONS = join(import.meta.dirname, '../inventory-exclusions.txt');

/** Everything on a lab host that a cluster could have left behind, save the exclusions. */
export async function inventory(host: LabHost): Promise<Inventory> {
  // A host answers ssh before its boot is over, and units that still start would look like something new.
  await shell(host, 'timeout 60 systemctl is-system-running --wait');
  const script = await readFile(join(import.meta.dirname, 'inventory.sh'), 'utf8');
  const { exit, stdout, stderr } = await shell(host, script, 300);
  if (exit !== 0) throw new Error(`inventory of ${host.name} failed (exit ${exit}): ${stderr}`);
  const excluded = (await readExclusions()).map(({ pattern }) => pattern);
  const lines = stdout.split('\n').filter((line) => line !== '');
  return [...new Set(lines)].filter((line) => !excluded.some((pattern) => pattern.test(line))).sort();
}

/** `- line` for what is gone, `+ line` for what is new; empty where both are equal. */
export function difference(before: Inventory, after: Inventory): string[] {
  const [had, has] = [new Set(before), new Set(after)];
  const gone = before.filter((line) => !has.has(line)).map((line) => `- ${line}`);
  return [...gone, ...after.filter((line) => !had.has(line)).map((line) => `+ ${line}`)];
}

/** Lines `REGULAR EXPRESSION  # reason`; at most ten, each with its reason. */
export async function readExclusions(): Promise<{ pattern: RegExp; reason: string }[]> {
  const lines = (await readFile(EXCLUSIONS, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const exclusions = lines.map((line) => {
    const [pattern = '', reason = ''] = line.split(/\s+# /);
    if (reason === '') throw new Error(`an exclusion without a reason: ${line}`);
    return { pattern: new RegExp(pattern), reason };
  });
  if (exclusions.length > 10) throw new Error(`${exclusions.length} exclusions: ten are allowed`);
  return exclusions;
}
