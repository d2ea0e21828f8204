import type { HostPlan } from '../../engine/plan.ts';
import type { NodeRole } from '../spec/types.ts';

/** What would be done on one host, by its name in the cluster. */
export type PlannedHost = HostPlan & { node: string; role: NodeRole };
