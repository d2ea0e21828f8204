import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import type { Phase } from '../../engine/phase.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import type { NodeContext } from '../context.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { isPassing } from '../steps/objects.ts';

const components = ['kube-controller-manager', 'kube-scheduler'] as const;
type Component = (typeof components)[number];

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string; renewTime?: string };
}

interface Mirror extends KubeObject {
  status?: { conditions?: { type: string; status: string }[] };
}

/**
 * Both lead: each holds its lease, which is what "works" means for a component that has no API. One that is told not to
 * ask for this lease has a pod that is ready.
 */
export const waitComponents: Phase<NodeContext> = {
  name: 'wait-components',
  title: 'Wait for scheduler and controller manager',
  after: ['controllers'],
  steps: (context) =>
    components.map((component) => ({
      name: component,
      check: () => ({
        status: 'wait',
        for: elected(context.spec, component) ? `${component} to hold its lease` : `${component} to be ready`,
        wait: (signal) => untilWorking(context, component, signal),
      }),
    })),
};

async function untilWorking(context: NodeContext, component: Component, signal: AbortSignal): Promise<void> {
  const { host, spec, node } = context;
  const timeoutMs = context.waitMs('controlPlaneComponentHealthCheck');
  const api = await context.api();
  const leads = elected(spec, component);
  let seen = '';
  const works = await poll({ intervalMs: 150, timeoutMs, signal }, async () => {
    try {
      seen = '';
      const well = await (leads ? holder(api, component) : isReady(api, `${component}-${node.name}`));
      return well ? true : undefined;
    } catch (error) {
      if (!isPassing(error)) throw error;
      seen = `; last seen: ${error.message}`;
      return undefined;
    }
  });
  if (works) return;
  const failed = leads ? 'did not take its lease' : 'was not ready';
  throw new KubewrightError({
    code: leads ? 'ComponentNotLeading' : 'ComponentNotWell',
    message: `${component} ${failed} within ${Math.round(timeoutMs / 1000)} s${seen || '.'}`,
    host: host.name,
    step: `wait-components/${component}`,
    hint: `kubewright logs -n kube-system ${component}-${context.node.name} says why; the same command again takes up here.`,
    exit: 'timeout',
  });
}

/** Whether it asks for the lease of its own name. */
function elected(spec: ClusterSpec, component: Component): boolean {
  const { extraArgs } = component === 'kube-scheduler' ? spec.scheduler : spec.controllerManager;
  const other = Object.entries(extraArgs).some(
    ([flag, value]) =>
      flag.startsWith('leader-elect-resource-') || (flag === 'leader-elect' && value === 'false'),
  );
  if (other || component === 'kube-controller-manager') return !other;
  const { leaderElection } = spec.scheduler.config as { leaderElection?: Record<string, unknown> };
  const { leaderElect, resourceName, resourceNamespace } = leaderElection ?? {};
  return leaderElect !== false && resourceName === undefined && resourceNamespace === undefined;
}

async function holder(api: ApiClient, component: string): Promise<string | undefined> {
  const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${component}`;
  return (await found<Lease>(api, path))?.spec?.holderIdentity;
}

async function isReady(api: ApiClient, pod: string): Promise<boolean> {
  const mirror = await found<Mirror>(api, `/api/v1/namespaces/kube-system/pods/${pod}`);
  return (
    mirror?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  );
}

async function found<T>(api: ApiClient, path: string): Promise<T | undefined> {
  try {
    return (await api.request<T>({ path })).body;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
