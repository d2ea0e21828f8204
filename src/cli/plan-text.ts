import { type HostPlan, pendingSteps } from '../engine/plan.ts';

/** A host's plan for people: what would change, phase by phase; what is in place is only counted. */
export function planText(plan: HostPlan): string {
  const lines = [`${plan.host}:`];
  let inPlace = 0;
  for (const { phase, title, steps } of plan.phases) {
    const open = steps.filter(({ status }) => status !== 'done');
    inPlace += steps.length - open.length;
    if (open.length === 0) continue;
    lines.push(`  ${phase}: ${title}`);
    for (const { status, summary } of open) {
      const sign = status === 'change' ? '+' : status === 'deferred' ? '?' : ' ';
      for (const line of summary) lines.push(`    ${sign} ${line}`);
    }
  }
  lines.push(
    `${pendingSteps(plan)} steps would change something or are decided later (?), ${inPlace} are in place.`,
  );
  return lines.join('\n');
}

/** What became of one phase that ran alone. */
export function phaseText(done: { phase: string; node: string; changed: number; unchanged: number }): string {
  return `Phase ${done.phase} on ${done.node}: changed ${done.changed}, unchanged ${done.unchanged}.`;
}
