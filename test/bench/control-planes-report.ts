import type { TimingSpan } from '../../src/output/events.ts';
import type { Ended } from './command.ts';
import type { Attempt, Span } from './contenders.ts';
import type { Run } from './measured.ts';
import { breakdown, milestoneTable, ratioTable, runsOf } from './report.ts';
import { spread, table } from './statistics.ts';

/** Spans of the critical path that are worth a line, in seconds. */
const LEAST = 0.05;

/** Everything that the pairs gave, to be pasted as it is. */
export function controlPlanesComparison(runs: readonly Run[]): string {
  return [
    ratioTable(
      runs,
      ['kubewright init, three hosts', 'kubeadm init, join, join'],
      [
        ["prober's end", ({ probe }) => probe.end],
        ["command's exit", ({ attempt }) => attempt.seconds],
        ['CPU of the hosts', ({ hostCpuSeconds }) => hostCpuSeconds],
        ['CPU of the client', ({ attempt }) => attempt.cpuSeconds],
      ],
    ),
    milestoneTable(runs),
    idleTable(runs),
    criticalPathTable(runs),
    breakdown('kubeadm', runs),
  ].join('\n\n');
}

type Timeline = NonNullable<Attempt['timeline']>;

/** By kubewright's own account: how much of its critical path nothing of it was under way, and how much it waited. */
export function idleTable(runs: readonly Run[]): string {
  const ours = runsOf('kubewright', runs);
  const row = (title: string, seconds: (timeline: Timeline, attempt: Attempt) => number): string[] => {
    const found = ours.flatMap(({ attempt }) =>
      attempt.timeline ? [{ value: seconds(attempt.timeline, attempt), whole: attempt.seconds }] : [],
    );
    const shares = found.map(({ value, whole }) => (value / whole) * 100);
    return [title, spread(found.map(({ value }) => value)), spread(shares)];
  };
  return table([
    ["kubewright's own timeline", 'seconds', '% of the command'],
    row('idle on the critical path', ({ critical }) => critical.idle),
    row('waiting inside of the critical path', ({ critical }) => critical.waiting),
    row('before the timeline: start, connections, lock', ({ at }) => at),
    row('after it: kubeconfig, unlock, exit', ({ at, total }, { seconds }) => seconds - at - total),
  ]);
}

/** Of the run in the middle, by the prober. */
export function criticalPathTable(runs: readonly Run[]): string {
  const ours = runsOf('kubewright', runs).toSorted((a, b) => a.probe.end - b.probe.end);
  const timeline = ours[(ours.length - 1) >> 1]?.attempt.timeline;
  if (!timeline) return 'kubewright told no critical path';
  const { at, critical } = timeline;
  const rows = critical.path.filter(({ seconds }) => seconds >= LEAST).map((span) => line(span, at));
  return table([["kubewright's critical path, one run", 'from', 'seconds'], ...rows]);
}

function line({ host, name, start, seconds }: TimingSpan, at: number): string[] {
  return [host ? `${host} ${name}` : name, (start + at).toFixed(2), seconds.toFixed(2)];
}

/** `@ begin cp1 init` … `@ end cp1 init` on stderr; what did not end has no span. */
export function markedSpans({ lines }: Pick<Ended, 'lines'>): Span[] {
  const begun = new Map<string, number>();
  const spans: Span[] = [];
  for (const { at, text, stream } of lines) {
    const [, what, name = ''] = (stream === 'stderr' && /^@ (begin|end) (.+)$/.exec(text)) || [];
    if (what === 'begin') begun.set(name, at);
    const start = begun.get(name);
    if (what === 'end' && start !== undefined) spans.push({ name, start, seconds: at - start });
  }
  return spans.sort((a, b) => a.start - b.start);
}
