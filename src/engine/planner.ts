import { changeOf, type PlannedChange } from './changes.ts';
import { addContents, type Draft, type PlanContents } from './contents.ts';
import { ALLOWED, type HostPlan, type StepPlan } from './plan.ts';
import { prepare, type RunOptions } from './runner.ts';
import type { OperationDraft, Verdict } from './step.ts';

interface PlanOptions {
  /** Also says what was before; one more look at the host where anything would change. */
  contents?: PlanContents | undefined;
}

/** Checks every step against the host as it stands now and changes nothing. */
export async function planPhases<C>(
  options: Pick<RunOptions<C>, 'host' | 'phases' | 'context' | 'timeline'> & PlanOptions,
): Promise<HostPlan> {
  const { seen, prepared } = await prepare(options);
  const drafts: Draft[] = [];
  const phases = [];
  for (const { phase, steps } of prepared) {
    const planned: StepPlan[] = [];
    for (const step of steps) {
      const verdict = await step.check(seen);
      const plan = stepPlan(step.name, verdict);
      // As the runner does: what stands on these files is looked at in the light of their being new.
      for (const { kind, target } of plan[ALLOWED] ?? []) if (ON_DISK.has(kind)) seen.written.add(target);
      if (verdict.status === 'change') drafts.push(...draftsOf(plan, verdict.known ?? []));
      planned.push(plan);
    }
    phases.push({ phase: phase.name, title: phase.title, steps: planned });
  }
  if (options.contents) await addContents(options.host, drafts, options.contents);
  return { host: options.host.name, phases };
}

const ON_DISK: ReadonlySet<PlannedChange['kind']> = new Set(['file', 'executable', 'key', 'certificate']);

function stepPlan(step: string, verdict: Verdict): StepPlan {
  const about = { step, status: verdict.status, summary: summaryOf(verdict) };
  if (verdict.status === 'deferred')
    return { ...about, ...(verdict.targets ? { targets: verdict.targets } : {}) };
  if (verdict.status !== 'change') return about;
  const known = (verdict.known ?? []).flatMap((draft) => changeOf(draft) ?? []);
  const changes = [...(verdict.announce ?? known)];
  return { ...about, changes, [ALLOWED]: allChanges(changes, known) };
}

/** What is announced first: it bounds what is generated under the same name. */
function allChanges(announced: readonly PlannedChange[], known: readonly PlannedChange[]): PlannedChange[] {
  return [...announced, ...known.filter((change) => !announced.includes(change))];
}

function draftsOf(plan: StepPlan, known: readonly OperationDraft[]): Draft[] {
  const shown = plan.changes ?? [];
  return (plan[ALLOWED] ?? []).map((change) => {
    const draft = known.find((each) => each.kind === 'write' && each.path === change.target);
    const content =
      draft?.kind === 'write' && !draft.secret && shown.includes(change) ? draft.content : undefined;
    return { change, content };
  });
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
