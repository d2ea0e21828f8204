import { availableParallelism, loadavg, release, totalmem } from 'node:os';
import { type Attempt, CONTENDERS, type Contender } from './contenders.ts';
import type { Probe } from './prober.ts';
import { median, spread, table } from './statistics.ts';

/** One run of one contender on the prepared host. */
export interface Run {
  contender: Contender;
  attempt: Attempt;
  probe: Probe;
  /** CPU of everything on the host, from the start to the prober's end. */
  hostCpuSeconds: number;
}

export function machineLine(): string {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  const [load] = loadavg();
  return `${availableParallelism()} cores, ${gigabytes} GiB, Linux ${release()}, load ${load?.toFixed(1)} at the end`;
}

/** Everything that the pairs gave, to be pasted as it is. */
export function comparison(runs: readonly Run[]): string {
  const of = (contender: Contender) => runs.filter((run) => run.contender === contender);
  const row = (title: string, value: (run: Run) => number): string[] => {
    const [ours, theirs] = CONTENDERS.map((contender) => of(contender).map(value));
    return [title, spread(ours!), spread(theirs!), (median(ours!) / median(theirs!)).toFixed(2)];
  };
  const head = ['seconds: median (least–most)', 'kubewright init', 'kubeadm init', 'ratio'];
  return [
    table([
      head,
      row("prober's end", ({ probe }) => probe.end),
      row("prober's end, ssh's own start apart", ({ probe, attempt }) => probe.end - sshSeconds(attempt)),
      row("command's exit", ({ attempt }) => attempt.seconds),
      row('CPU of the host', ({ hostCpuSeconds }) => hostCpuSeconds),
      row('CPU of the client', ({ attempt }) => attempt.cpuSeconds),
    ]),
    table([
      ['first seen by the prober, at', 'kubewright', 'kubeadm'],
      ...milestones(runs).map((name) => [
        name,
        ...CONTENDERS.map((contender) => spread(of(contender).map(({ probe }) => probe.seen[name] ?? 0))),
      ]),
    ]),
    ...CONTENDERS.map((contender) => breakdown(contender, of(contender))),
  ].join('\n\n');
}

function milestones(runs: readonly Run[]): string[] {
  const names = [...new Set(runs.flatMap(({ probe }) => Object.keys(probe.seen)))];
  const at = (name: string) => median(runs.map(({ probe }) => probe.seen[name] ?? 0));
  return names.sort((a, b) => at(a) - at(b));
}

function breakdown(contender: Contender, runs: readonly Run[]): string {
  const names = [...new Set(runs.flatMap(({ attempt }) => attempt.spans.map(({ name }) => name)))];
  const values = (name: string, field: 'start' | 'seconds') =>
    runs
      .flatMap(({ attempt }) => attempt.spans.filter((span) => span.name === name))
      .map((span) => span[field]);
  const rows = names.map((name) => [
    name,
    median(values(name, 'start')).toFixed(2),
    median(values(name, 'seconds')).toFixed(2),
  ]);
  return table([[`${contender}, medians`, 'from', 'seconds'], ...rows]);
}

/** kubewright's is part of what it does; the peer's is the wrapping's. */
function sshSeconds({ spans }: Attempt): number {
  return spans.find(({ name }) => name === 'ssh')?.seconds ?? 0;
}
