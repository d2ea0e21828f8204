import type { ChangeKind, PlannedChange } from '../../engine/changes.ts';
import { sha256 } from '../../engine/changes.ts';
import type { PhasePlan, StepPlan } from '../../engine/plan.ts';
import { MANIFESTS_DIR } from '../manifests/paths.ts';
import { caCertHash } from '../pki/hash.ts';
import type { NodeRole } from '../spec/types.ts';
import type { ClusterPlan } from './plan-cluster.ts';
import type { PlannedHost } from './planned-host.ts';

export const PLAN_API_VERSION = 'kubewright.dev/v1alpha1';
export const PLAN_KIND = 'Plan';

/** A plan as it is printed and saved; docs/reference/plan.md describes it. No secret can be had from it. */
export interface PlanDocument {
  apiVersion: typeof PLAN_API_VERSION;
  kind: typeof PLAN_KIND;
  /** Version of the tool that made it, and that alone carries it out. */
  kubewright: string;
  created: string;
  cluster: string;
  /** `sha256:…` of the public key of the cluster's CA; absent where there is no cluster yet. */
  identity?: string;
  declaration: Declaration;
  changes: number;
  hosts: DocumentedHost[];
  /** `phases`: of the reset of the host; absent where it cannot be reached. */
  removed: { node: string; role: NodeRole; summary: string[]; phases?: PhasePlan[] }[];
  kept: string[];
  /** `sha256:…` over all of the above. */
  digest: string;
}

/** What it was made from. */
export interface Declaration {
  source: string;
  text: string;
  pruneHosts: boolean;
}

export interface DocumentedHost {
  host: string;
  node: string;
  role: NodeRole;
  /** How many of each kind; `later` are steps that cannot be decided before others are done. */
  counts: Partial<Record<DocumentedKind | 'later', number>>;
  /** Only those with something to do. */
  phases: PhasePlan[];
}

export type DocumentedKind = ChangeKind | 'staticPod';

export function planDocument(
  { cluster, hosts, removed, kept, ca }: ClusterPlan & { ca?: string },
  about: { kubewright: string; created: Date; declaration: Declaration },
): PlanDocument {
  const documented = hosts.map(documentHost);
  const total = documented.reduce((sum, { counts }) => sum + totalOf(counts), 0);
  const plan = {
    apiVersion: PLAN_API_VERSION,
    kind: PLAN_KIND,
    kubewright: about.kubewright,
    created: about.created.toISOString(),
    cluster,
    ...(ca === undefined ? {} : { identity: caCertHash(ca) }),
    declaration: about.declaration,
    changes: total + removed.length,
    hosts: documented,
    removed: removed.map(({ node, role, summary, plan: reset }) => ({
      ...{ node, role, summary },
      ...(reset ? { phases: openPhases(reset) } : {}),
    })),
    kept,
  } as const;
  return { ...plan, digest: digestOf(plan) };
}

/** Of everything but the digest itself, however it is laid out. */
export function digestOf(plan: object): string {
  const { digest: _, ...rest } = plan as Record<string, unknown>;
  return `sha256:${sha256(JSON.stringify(rest, sortKeys))}`;
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function documentHost({ host, node, role, phases }: PlannedHost): DocumentedHost {
  const open = openPhases({ phases });
  return { host, node, role, counts: countsOf(open), phases: open };
}

function openPhases({ phases }: Pick<PlannedHost, 'phases'>): PhasePlan[] {
  return phases
    .map((phase) => ({ ...phase, steps: phase.steps.filter(isOpen).map(documentStep) }))
    .filter(({ steps }) => steps.length > 0);
}

function isOpen({ status }: StepPlan): boolean {
  return status === 'change' || status === 'deferred';
}

/** A step that tells of nothing but words is a change as well. */
function documentStep(step: StepPlan): StepPlan {
  if (step.status !== 'change') return step;
  const told: PlannedChange[] = step.summary.map((line) => ({
    kind: 'command',
    action: 'run',
    target: line,
  }));
  const changes = (step.changes ?? told).map((change) => ({ ...change, kind: kindOf(change) as ChangeKind }));
  return { ...step, changes };
}

function kindOf({ kind, target }: PlannedChange): DocumentedKind {
  return kind === 'file' && target.startsWith(`${MANIFESTS_DIR}/`) ? 'staticPod' : kind;
}

function countsOf(phases: readonly PhasePlan[]): DocumentedHost['counts'] {
  const targets: Record<string, Set<string>> = {};
  const add = (kind: string, target: string) => {
    targets[kind] ??= new Set();
    targets[kind].add(target);
  };
  for (const { phase, steps } of phases)
    for (const { step, status, changes = [] } of steps) {
      if (status === 'deferred') add('later', `${phase}/${step}`);
      else for (const { kind, target } of changes) add(kind, target);
    }
  return Object.fromEntries(Object.entries(targets).map(([kind, { size }]) => [kind, size]));
}

function totalOf(counts: DocumentedHost['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}
