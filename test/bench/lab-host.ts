import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/artifacts/package-root.ts';
import { cgroupFolders, cgroupLayout } from '../../src/lab/cgroups.ts';
import { run } from '../../src/lab/command.ts';
import { requireLabHost } from '../../src/lab/find.ts';
import type { LabHost } from '../../src/lab/port.ts';
import { readRecord } from '../../src/lab/record.ts';
import { hostRoot } from '../../src/lab/root.ts';
import { sshArguments } from '../../src/lab/ssh.ts';

/** A lab host as the bench needs it: its disk and its cgroup seen from here, its shell through ssh. */
export interface BenchHost extends LabHost {
  /** The host's `/` on this machine. */
  root: string;
  /** CPU seconds of everything that ran in it since it was booted. */
  cpuSeconds(): Promise<number>;
  /** Carries out a script of this folder there; throws with its last words where it fails. */
  script(file: string, ...args: string[]): Promise<string>;
  ssh(...command: string[]): string[];
}

export async function benchHost(lab: string, name: string): Promise<BenchHost> {
  const found = await requireLabHost(name, process.env, lab);
  const record = await readRecord(process.env, lab);
  const host = record?.hosts.find((candidate) => candidate.name === name);
  if (!record || !host) throw new Error(`no host ${name} in lab ${lab}`);
  const layout = await cgroupLayout();
  const folders = cgroupFolders(layout, join(record.cgroup, name));
  const ssh = (...command: string[]) => ['ssh', ...sshArguments(found, command)];
  return {
    ...found,
    root: hostRoot(record, host),
    cpuSeconds: () => cpuSeconds(folders),
    ssh,
    script: async (file, ...args) => {
      const text = await readFile(join(packageRoot(), 'test/bench', file), 'utf8');
      const { exit, stdout, stderr } = await run(ssh('sh', '-c', text, file, ...args), {
        timeoutSeconds: 120,
      });
      if (exit !== 0) throw new Error(`${file} failed on ${name} (exit ${exit}): ${stderr}`);
      return stdout;
    },
  };
}

/** cgroup v1: cpuacct.usage in nanoseconds; v2: usage_usec of cpu.stat. */
async function cpuSeconds(folders: readonly string[]): Promise<number> {
  for (const folder of folders) {
    const v1 = await readFile(join(folder, 'cpuacct.usage'), 'utf8').catch(() => undefined);
    if (v1) return Number(v1) / 1e9;
    const v2 = await readFile(join(folder, 'cpu.stat'), 'utf8').catch(() => undefined);
    const usage = /^usage_usec (\d+)/m.exec(v2 ?? '')?.[1];
    if (usage) return Number(usage) / 1e6;
  }
  throw new Error('the cgroup of the host counts no CPU time');
}
