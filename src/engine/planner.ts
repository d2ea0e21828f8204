import { type FileDraft, fileChanges, knownFiles } from './contents.ts';
import type { HostPlan, StepPlan } from './plan.ts';
import { prepare, type RunOptions } from './runner.ts';
import type { Verdict } from './step.ts';

interface PlanOptions {
  /** Also says what files hold before and after, as far as that is known; one more look at the host. */
  contents?: boolean | undefined;
}

/** Checks every step against the host as it stands now and changes nothing. */
export async function planPhases<C>(
  options: Pick<RunOptions<C>, 'host' | 'phases' | 'context' | 'timeline'> & PlanOptions,
): Promise<HostPlan> {
  const { seen, prepared } = await prepare(options);
  const drafts: { step: StepPlan; files: FileDraft[] }[] = [];
  const phases = [];
  for (const { phase, steps } of prepared) {
    const planned: StepPlan[] = [];
    for (const step of steps) {
      const verdict = await step.check(seen);
      const plan = { step: step.name, status: verdict.status, summary: summaryOf(verdict) };
      drafts.push({ step: plan, files: knownFiles(verdict) });
      planned.push(plan);
    }
    phases.push({ phase: phase.name, title: phase.title, steps: planned });
  }
  if (options.contents) await addContents(options, drafts);
  return { host: options.host.name, phases };
}

async function addContents<C>(
  { host }: Pick<RunOptions<C>, 'host'>,
  drafts: readonly { step: StepPlan; files: FileDraft[] }[],
): Promise<void> {
  const changes = await fileChanges(
    host,
    drafts.flatMap(({ files }) => files),
  );
  for (const { step, files } of drafts) {
    const own = changes.splice(0, files.length);
    if (own.length > 0) step.files = own;
  }
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
