import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stateDir } from '../base/dirs.ts';
import { KubewrightError } from '../base/errors.ts';
import type { LabDefaults } from './port.ts';

type Environment = Record<string, string | undefined>;

export const DEFAULT_LAB = 'default';

/** A process, told apart from a later one with the same number. `start`: clock ticks after boot (proc_pid_stat(5)). */
export interface ProcessIdentity {
  pid: number;
  start: string;
  boot: string;
}

export interface HostRecord {
  name: string;
  address: string;
  /** Unique on this machine: systemd-nspawn's machine name, from which it also names the veth (`vb-…`). */
  machine: string;
  /** `SOURCE:TARGET` folders, bound read-only. */
  binds: string[];
  /** The shell that keeps systemd-nspawn running; absent before the first boot. */
  process?: ProcessIdentity;
}

/** What one lab made on this machine, so that `lab down` takes back this and nothing else. */
export interface LabRecord {
  version: 1;
  lab: string;
  /** Absolute path of the lab's own folder. */
  folder: string;
  base: string;
  cidr: string;
  gateway: string;
  bridge: string;
  /** Relative to the root of every cgroup hierarchy. */
  cgroup: string;
  /** Controllers that were switched on at the root of cgroup v2 for this lab. */
  addedControllers: string[];
  /** Of the shared kernel, as they were before the first lab: put back when the last one goes. */
  kernelSettings: Record<string, string>;
  user: string;
  port: number;
  identityFile: string;
  knownHostsFile: string;
  defaults: LabDefaults;
  hosts: HostRecord[];
}

export function labsFolder(env: Environment): string {
  return join(stateDir(env), 'labs');
}

/** Outside the lab's folder, which `lab down` removes. */
export function lockFolder(env: Environment, lab: string): string {
  return join(stateDir(env), 'locks', `lab-${lab}`);
}

export function hostFolder(record: LabRecord, host: HostRecord): string {
  return join(record.folder, 'hosts', host.name);
}

/** undefined where there is no such lab. @throws KubewrightError LabRecordUnreadable */
export async function readRecord(env: Environment, lab: string): Promise<LabRecord | undefined> {
  const path = join(labsFolder(env), lab, 'lab.json');
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw unreadable(lab, path, error);
  }
  try {
    const record = JSON.parse(text) as LabRecord;
    if (record.version === 1 && record.lab === lab) return record;
  } catch (error) {
    throw unreadable(lab, path, error);
  }
  throw unreadable(lab, path, undefined);
}

export async function writeRecord(record: LabRecord): Promise<void> {
  await writeAtomically(join(record.folder, 'lab.json'), `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

export async function writeAtomically(path: string, content: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', mode);
  try {
    await file.chmod(mode);
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

export async function labNames(env: Environment): Promise<string[]> {
  const names = await readdir(labsFolder(env)).catch(() => []);
  return names.filter((name) => !name.startsWith('.')).sort();
}

function unreadable(lab: string, path: string, cause: unknown): KubewrightError {
  return new KubewrightError({
    code: 'LabRecordUnreadable',
    message: `The record of the lab "${lab}" cannot be read: ${path}.`,
    hint: `If you know what the lab made, remove it and the folder; labs are for trying, nothing else is in it.`,
    evidence: cause instanceof Error ? cause.message : undefined,
    exit: 'lab',
    cause,
  });
}
