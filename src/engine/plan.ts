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
  /** Only in a plan that was asked for with contents. */
  files?: FileChange[];
}

/** Texts before and after; undefined where there is no file. Of a secret only fingerprints, which hold for one plan. */
export interface FileChange {
  path: string;
  secret: boolean;
  before?: string | undefined;
  after?: string | undefined;
}

/** How many steps of a host's plan would change something, those included that cannot be decided yet. */
export function pendingSteps(plan: HostPlan): number {
  return plan.phases
    .flatMap((phase) => phase.steps)
    .filter((step) => step.status === 'change' || step.status === 'deferred').length;
}
