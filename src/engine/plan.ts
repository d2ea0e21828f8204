import type { PlannedChange } from './changes.ts';

/** What a run would do on one host, in the order of the phases. Holds no secret: steps describe, they do not show. */
export interface HostPlan {
  host: string;
  phases: PhasePlan[];
}

export interface PhasePlan {
  phase: string;
  title: string;
  steps: StepPlan[];
}

export interface StepPlan {
  step: string;
  status: 'done' | 'change' | 'wait' | 'deferred';
  summary: string[];
  /** Of a step that would change something. With what was before only in a plan that was asked for with contents. */
  changes?: PlannedChange[];
  /** Of one that is decided later: the only paths that it may come to, where they are known. */
  targets?: readonly string[];
  /** For this run alone: every change that its operations may consist of. */
  [ALLOWED]?: readonly PlannedChange[];
}

export const ALLOWED = Symbol('allowed');

/** How many steps of a host's plan would change something, those included that cannot be decided yet. */
export function pendingSteps(plan: HostPlan): number {
  return plan.phases
    .flatMap((phase) => phase.steps)
    .filter((step) => step.status === 'change' || step.status === 'deferred').length;
}
