import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';

/**
 * `user@machine: kubewright init (run 5f3a09c1, pid 123, started 4567 in 1f2e3d4c/4026531836)`: for people, and for
 * `isGone`. Another one each time: two runs of one process are two.
 */
export function runIdentity(command: string): string {
  const here = place();
  const started = here && startOf(process.pid);
  const exact = started ? `, started ${started} in ${here}` : '';
  const run = randomBytes(4).toString('hex');
  return `${userInfo().username}@${hostname()}: kubewright ${command} (run ${run}, pid ${process.pid}${exact})`;
}

/**
 * Whether a run by this identity was one of this machine's and is not there any more. Only where that is certain:
 * same boot, same process namespace, and no process of that number that was started at that time.
 */
export function isGone(owner: string): boolean {
  const found = /\((?:run [0-9a-f]+, )?pid (\d+), started (\d+) in ([0-9a-f-]+\/\d+)\)$/.exec(owner);
  if (!found || found[3] !== place()) return false;
  return startOf(Number(found[1])) !== found[2];
}

/** This boot of this kernel, and the namespace that process numbers count in; undefined where there is no /proc. */
function place(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8);
    const namespace = /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0];
    return namespace && `${boot}/${namespace}`;
  } catch {
    return undefined;
  }
}

/** Clock ticks after boot (proc_pid_stat(5)); undefined where there is no such process, or only its remains. */
function startOf(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}
