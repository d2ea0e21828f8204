import { availableParallelism, loadavg, release, totalmem } from 'node:os';
import { type Attempt, CONTENDERS, type Contender } from './contenders.ts';
import type { Run } from './measured.ts';
import { median, spread, table } from './statistics.ts';

export function machineLine(): string {
  const gigabytes = (totalmem() / 2 ** 30).toFixed(0);
  const [load] = loadavg();
  return `${availableParallelism()} cores, ${gigabytes} GiB, Linux ${release()}, load ${load?.toFixed(1)} at the end`;
}

/** Everything that the pairs gave, to be pasted as it is. */
export function comparison(runs: readonly Run[]): string {
  return [
    ratioTable(
      runs,
      ['kubewright init', 'kubeadm init'],
      [
        ["prober's end", ({ probe }) => probe.end],
        ["prober's end, ssh's own start apart", ({ probe, attempt }) => probe.end - sshSeconds(attempt)],
        ["command's exit", ({ attempt }) => attempt.seconds],
        ['CPU of the host', ({ hostCpuSeconds }) => hostCpuSeconds],
        ['CPU of the client', ({ attempt }) => attempt.cpuSeconds],
      ],
    ),
    milestoneTable(runs),
    ...CONTENDERS.map((contender) => breakdown(contender, runs)),
  ].join('\n\n');
}

export function runsOf(contender: Contender, runs: readonly Run[]): Run[] {
  return runs.filter((run) => run.contender === contender);
}

/** A row of both contenders' seconds, and kubewright's median over the peer's. */
export function ratioTable(
  runs: readonly Run[],
  titles: readonly [ours: string, theirs: string],
  rows: readonly (readonly [title: string, value: (run: Run) => number])[],
): string {
  return table([
    ['seconds: median (least–most)', ...titles, 'ratio'],
    ...rows.map(([title, value]) => {
      const [ours, theirs] = CONTENDERS.map((contender) => runsOf(contender, runs).map(value));
      return [title, spread(ours!), spread(theirs!), (median(ours!) / median(theirs!)).toFixed(2)];
    }),
  ]);
}

export function milestoneTable(runs: readonly Run[]): string {
  return table([
    ['first seen by the prober, at', ...CONTENDERS],
    ...milestones(runs).map((name) => [
      name,
      ...CONTENDERS.map((contender) =>
        spread(runsOf(contender, runs).map(({ probe }) => probe.seen[name] ?? 0)),
      ),
    ]),
  ]);
}

function milestones(runs: readonly Run[]): string[] {
  const names = [...new Set(runs.flatMap(({ probe }) => Object.keys(probe.seen)))];
  const at = (name: string) => median(runs.map(({ probe }) => probe.seen[name] ?? 0));
  return names.sort((a, b) => at(a) - at(b));
}

export function breakdown(contender: Contender, all: readonly Run[]): string {
  const runs = runsOf(contender, all);
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
