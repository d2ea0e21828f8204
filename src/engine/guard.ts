import { KubewrightError } from '../base/errors.ts';
import type { Expectation } from '../host/port.ts';
import { changeOf, EXACT, type PlannedChange } from './changes.ts';
import { ALLOWED, type HostPlan, type StepPlan } from './plan.ts';
import type { OperationDraft } from './step.ts';

interface Place {
  host: string;
  phase: string;
  step: string;
}

/** Stands between what steps decide and what is carried out. */
export interface Guard {
  /** The same operations, each with what the plan found in its place as its condition. Throws PlanMoved. */
  operations(at: Place, drafts: readonly OperationDraft[]): OperationDraft[];
  /** Of what is changed elsewhere than on the host. Throws PlanMoved. */
  action(at: Place, announced: readonly PlannedChange[]): void;
}

/** Lets happen what plans of these hosts have, made in this run, and nothing else. */
export class PlanGuard implements Guard {
  /** A host may be gone through twice in one run: by init's phases and by join's. */
  readonly #steps = new Map<string, StepPlan[]>();
  /** `host path`, once a run has written it: what the plan found there is past. */
  readonly #touched = new Set<string>();

  constructor(plans: readonly HostPlan[]) {
    for (const { host, phases } of plans)
      for (const { phase, steps } of phases)
        for (const step of steps) {
          const key = keyOf({ host, phase, step: step.step });
          this.#steps.set(key, [...(this.#steps.get(key) ?? []), step]);
        }
  }

  operations(at: Place, drafts: readonly OperationDraft[]): OperationDraft[] {
    const { later, changes } = this.#planned(at);
    return drafts.map((draft) => {
      const change = changeOf(draft);
      if (!change) return draft;
      const planned = changes.find((each) => covers(each, change));
      if (planned) return this.#conditional(at, draft, planned);
      if (later && isWithin(later, draft)) return draft;
      const near = changes.find((each) => sameTarget(each, change));
      throw unplanned(at, change, near);
    });
  }

  action(at: Place, announced: readonly PlannedChange[]): void {
    const { later, changes } = this.#planned(at);
    if (later) return;
    for (const change of announced) {
      const planned = changes.find((each) => sameTarget(each, change));
      if (!planned || planned.after !== change.after) throw unplanned(at, change, planned);
      // An object that the run itself brought into being is as it made it.
      if (planned.before !== undefined && planned.before !== change.before)
        throw moved(at, change.target, planned.before, change.before);
    }
  }

  #planned(at: Place): { later: StepPlan | undefined; changes: PlannedChange[] } {
    const plans = this.#steps.get(keyOf(at)) ?? [];
    const later = plans.find(({ status }) => status === 'deferred');
    const changes = plans.flatMap((plan) => plan[ALLOWED] ?? []);
    if (later || plans.some(({ status }) => status === 'change')) return { later, changes };
    throw new KubewrightError({
      ...common(at),
      message: `${at.phase}/${at.step} on ${at.host} would change something that the plan has not; it was not done.`,
    });
  }

  #conditional(at: Place, draft: OperationDraft, planned: PlannedChange): OperationDraft {
    if (!('path' in draft) || draft.kind === 'mkdir') return draft;
    const key = `${at.host} ${draft.path}`;
    const expect: Expectation | undefined = planned[EXACT]?.before;
    const past = this.#touched.has(key);
    this.#touched.add(key);
    // What is to be removed may have come into being by the same run.
    if (past || expect === undefined || (draft.kind === 'remove' && expect === 'absent')) return draft;
    return { ...draft, expect };
  }
}

function keyOf({ host, phase, step }: Place): string {
  return [host, phase, step].join('\n');
}

function covers(planned: PlannedChange, change: PlannedChange): boolean {
  if (!sameTarget(planned, change)) return false;
  if (planned.generated) return true;
  if (change.kind === 'unit') return planned.action === change.action;
  const exact = change[EXACT]?.after;
  return exact === undefined ? planned.after === change.after : planned[EXACT]?.after === exact;
}

/** One name, or what comes under the beginning of one. */
function sameTarget({ target }: PlannedChange, change: PlannedChange): boolean {
  return target.endsWith('*') ? change.target.startsWith(target.slice(0, -1)) : target === change.target;
}

function isWithin({ targets }: StepPlan, draft: OperationDraft): boolean {
  return targets === undefined || !('path' in draft) || targets.includes(draft.path);
}

function unplanned(at: Place, change: PlannedChange, planned: PlannedChange | undefined): KubewrightError {
  if (planned)
    return moved(at, change.target, planned.after ?? planned.action, change.after ?? change.action);
  return new KubewrightError({
    ...common(at),
    message: `${at.phase}/${at.step} on ${at.host} would change ${change.target}, which the plan has not; it was not done.`,
  });
}

function moved(at: Place, target: string, expected: string, found = 'absent'): KubewrightError {
  return new KubewrightError({
    ...common(at),
    message: `${target} on ${at.host} is not as it was when the plan was made: expected ${expected}, found ${found}.`,
  });
}

function common({ host, phase, step }: Place) {
  return {
    code: 'PlanMoved',
    host,
    step: `${phase}/${step}`,
    hint: 'The run stopped there; what it did before is done. kubewright plan shows what is left.',
    exit: 'planMoved' as const,
  };
}
