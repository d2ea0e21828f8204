import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import type { Phase } from '../../engine/phase.ts';
import { isNotFound } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import type { NodeContext } from '../context.ts';

const components = ['kube-controller-manager', 'kube-scheduler'];

interface Lease extends KubeObject {
  spec?: { holderIdentity?: string; renewTime?: string };
}

/** Both lead: each holds its lease, which is what "works" means for a component that has no API. */
export const waitComponents: Phase<NodeContext> = {
  name: 'wait-components',
  title: 'Wait for scheduler and controller manager',
  after: ['controllers'],
  steps: (context) =>
    components.map((component) => ({
      name: component,
      check: () => ({
        status: 'wait',
        for: `${component} to hold its lease`,
        wait: (signal) => untilLeading(context, component, signal),
      }),
    })),
};

async function untilLeading(context: NodeContext, component: string, signal: AbortSignal): Promise<void> {
  const { host } = context;
  const timeoutMs = context.waitMs('controlPlaneComponentHealthCheck');
  const api = await context.api();
  const holds = await poll({ intervalMs: 150, timeoutMs, signal }, async () =>
    (await holder(api, component)) ? true : undefined,
  );
  if (holds) return;
  throw new KubewrightError({
    code: 'ComponentNotLeading',
    message: `${component} did not take its lease within ${Math.round(timeoutMs / 1000)} s.`,
    host: host.name,
    step: `wait-components/${component}`,
    hint: `kubewright logs -n kube-system ${component}-${context.node.name} says why; the same command again takes up here.`,
    exit: 'timeout',
  });
}

async function holder(api: ApiClient, component: string): Promise<string | undefined> {
  try {
    const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${component}`;
    return (await api.request<Lease>({ path })).body.spec?.holderIdentity;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
