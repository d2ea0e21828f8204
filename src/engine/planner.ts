import type { HostPlan } from './plan.ts';
import { prepare, type RunOptions } from './runner.ts';
import type { Verdict } from './step.ts';

/** Checks every step against the host as it stands now and changes nothing. */
export async function planPhases<C>(
  options: Pick<RunOptions<C>, 'host' | 'phases' | 'context' | 'timeline'>,
): Promise<HostPlan> {
  const { seen, prepared } = await prepare(options);
  const phases = [];
  for (const { phase, steps } of prepared) {
    const planned = [];
    for (const step of steps) {
      const verdict = await step.check(seen);
      planned.push({ step: step.name, status: verdict.status, summary: summaryOf(verdict) });
    }
    phases.push({ phase: phase.name, title: phase.title, steps: planned });
  }
  return { host: options.host.name, phases };
}

function summaryOf(verdict: Verdict): string[] {
  switch (verdict.status) {
    case 'done':
      return [];
    case 'change':
      return verdict.summary;
    case 'wait':
      return [`wait for ${verdict.for}`];
    case 'deferred':
      return [`after ${verdict.on}: ${verdict.why}`];
  }
}
