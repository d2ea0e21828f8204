import { KubewrightError } from '../../base/errors.ts';
import type { ApplyResult } from '../../kube/apply.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import { throwAll } from '../failures.ts';
import { hasCondition } from './conditions.ts';
import { type Followed, follow } from './follow.ts';

interface Numbers {
  [field: string]: number | undefined;
}

/** Undefined when complete, otherwise what is missing. */
type Progress = (object: KubeObject) => string | undefined;

const RULES: Record<string, Progress> = {
  'apps/Deployment': (object) => {
    const { replicas = 1 } = numbers(object.spec);
    const { updatedReplicas = 0, availableReplicas = 0, replicas: all = 0 } = numbers(object.status);
    if (updatedReplicas < replicas) return `${updatedReplicas} of ${replicas} replicas updated`;
    if (all > updatedReplicas) return `${all - updatedReplicas} old replicas still there`;
    return availableReplicas < replicas
      ? `${availableReplicas} of ${replicas} replicas available`
      : undefined;
  },
  'apps/StatefulSet': (object) => {
    const { replicas = 1 } = numbers(object.spec);
    const { updatedReplicas = 0, availableReplicas = 0 } = numbers(object.status);
    if (updatedReplicas < replicas) return `${updatedReplicas} of ${replicas} replicas updated`;
    return availableReplicas < replicas
      ? `${availableReplicas} of ${replicas} replicas available`
      : undefined;
  },
  'apps/DaemonSet': (object) => {
    const {
      desiredNumberScheduled: all = 0,
      updatedNumberScheduled: updated = 0,
      numberAvailable = 0,
    } = numbers(object.status);
    if (updated < all) return `${updated} of ${all} pods updated`;
    return numberAvailable < all ? `${numberAvailable} of ${all} pods available` : undefined;
  },
  'batch/Job': (object) => {
    if (hasCondition(object, 'Failed')) throw failed(object);
    return hasCondition(object, 'Complete') ? undefined : 'not complete';
  },
  '/Pod': (object) => {
    const { phase } = (object.status ?? {}) as { phase?: string };
    if (phase === 'Failed') throw failed(object);
    return phase === 'Succeeded' || hasCondition(object, 'Ready') ? undefined : `phase ${phase}`;
  },
};

const numbers = (part: unknown): Numbers => (part ?? {}) as Numbers;

function failed(object: KubeObject): KubewrightError {
  const { conditions = [] } = (object.status ?? {}) as { conditions?: { type: string; message?: string }[] };
  const why = conditions.find(({ type }) => type === 'Failed')?.message;
  return new KubewrightError({
    code: 'WorkloadFailed',
    message: `${object.kind.toLowerCase()}/${object.metadata.name} failed${why ? `: ${why}` : ''}`,
    exit: 'failure',
  });
}

/** `apply --wait`: until workloads run as they were declared; a Job that fails ends the wait at once. */
export async function waitUntilComplete(
  client: ApiClient,
  results: readonly ApplyResult[],
  timeoutMs: number,
): Promise<void> {
  const missing = new Map<Followed, string>();
  const targets = results.flatMap(({ type, object, manifest }) => {
    const rule = type && RULES[`${type.group}/${type.kind}`];
    const { name, namespace } = object?.metadata ?? manifest.object.metadata;
    if (!rule || !name) return [];
    const one: Followed = { type, namespace, name, see: (seen) => isComplete(one, seen, rule, missing) };
    return [one];
  });
  const left = await follow(client, targets, { timeoutMs });
  const late = left.map((one) => overdue(one, missing.get(one) ?? 'nothing of it was seen'));
  throwAll([...targets.flatMap(({ error }) => error ?? []), ...late]);
}

function isComplete(
  one: Followed,
  object: KubeObject | undefined,
  rule: Progress,
  missing: Map<Followed, string>,
): boolean {
  if (!object) return false;
  const { observedGeneration } = numbers(object.status);
  const { generation } = object.metadata as { generation?: number };
  const behind =
    observedGeneration !== undefined && generation !== undefined && observedGeneration < generation;
  const unseen = observedGeneration === undefined && one.type.group === 'apps';
  const what = behind || unseen ? 'its controller has not seen it yet' : rule(object);
  if (what !== undefined) missing.set(one, what);
  return what === undefined;
}

const overdue = ({ type, name }: Followed, what: string): KubewrightError =>
  new KubewrightError({
    code: 'WaitTimeout',
    message: `timed out waiting for ${type.resource}/${name}: ${what}`,
    exit: 'timeout',
  });
