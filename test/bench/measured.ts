import type { Check } from './checks.ts';
import { type Attempt, type AttemptOptions, type Contender, lastLines } from './contenders.ts';
import type { BenchHost } from './lab-host.ts';
import { type Probe, probe } from './prober.ts';

/** One run of one contender. */
export interface Run {
  contender: Contender;
  attempt: Attempt;
  probe: Probe;
  /** CPU of everything on the hosts, from the start to the prober's end. */
  hostCpuSeconds: number;
}

/** One command from its start to its exit, with the prober beside it. Throws where either fails. */
export async function measured(
  contender: Contender,
  attempt: (options: AttemptOptions) => Promise<Attempt>,
  how: { hosts: readonly BenchHost[]; folder: string; checks: readonly Check[]; limitMs: number },
): Promise<Run> {
  const { hosts, folder, checks, limitMs } = how;
  const stop = new AbortController();
  const before = await cpuSeconds(hosts);
  const started = performance.now();
  const command = attempt({ hosts, folder, started, signal: stop.signal }).then((ended) => {
    if (ended.exit === 0) return ended;
    const error = new Error(`${contender} ended with exit ${ended.exit}:\n${lastLines(ended.lines)}`);
    stop.abort(error);
    throw error;
  });
  command.catch(() => undefined);
  let hostCpuSeconds = 0;
  const { root } = hosts[0]!;
  const watching = probe({ checks, root, started, timeoutMs: limitMs, signal: stop.signal }).then(
    async (seen) => {
      hostCpuSeconds = (await cpuSeconds(hosts)) - before;
      return seen;
    },
  );
  try {
    const [seen, ended] = await Promise.all([watching, command]);
    return { contender, attempt: ended, probe: seen, hostCpuSeconds };
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}

async function cpuSeconds(hosts: readonly BenchHost[]): Promise<number> {
  const all = await Promise.all(hosts.map((host) => host.cpuSeconds()));
  return all.reduce((sum, one) => sum + one, 0);
}
