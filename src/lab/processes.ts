import { readFile } from 'node:fs/promises';
import { poll } from '../base/wait.ts';
import { cgroupProcesses } from './cgroups.ts';
import type { ProcessIdentity } from './record.ts';

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

/** undefined where there is no such process, or only its remains (a zombie). */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The command name in brackets may itself hold brackets and blanks: fields count from after the last one.
  const fields = text?.slice(text.lastIndexOf(')') + 2).split(' ');
  const start = fields?.[19];
  if (!start || fields?.[0] === 'Z') return undefined;
  return { pid, start, boot: await bootId() };
}

export async function isAlive(process: ProcessIdentity | undefined): Promise<boolean> {
  const found = process && (await identify(process.pid));
  return found?.start === process?.start && found?.boot === process?.boot && found !== undefined;
}

/**
 * SIGKILL to the process and to everything in the cgroups, until nothing is left.
 * Answers the numbers that are still there after `timeoutMs`.
 */
export async function killAll(
  main: ProcessIdentity | undefined,
  cgroups: readonly string[],
  timeoutMs = 15_000,
): Promise<number[]> {
  let left: number[] = [];
  await poll({ intervalMs: 50, timeoutMs }, async () => {
    const pids = await cgroupProcesses(cgroups);
    if (main && (await isAlive(main))) pids.add(main.pid);
    left = [...pids];
    for (const pid of left) kill(pid);
    return left.length === 0 ? true : undefined;
  });
  return left;
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone since it was listed.
  }
}
