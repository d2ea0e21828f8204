import { KubewrightError, messageOf } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import type { Phase } from '../../engine/phase.ts';
import type { JoinControlPlaneContext, NodeContext } from '../context.ts';
import { argumentOf } from '../manifests/static-pods/mutators.ts';
import { staticPod } from '../manifests/static-pods.ts';
import { hostPort } from '../spec/node.ts';

export const LOCAL_COMPONENTS = [
  { name: 'kube-controller-manager', port: '10257', path: '/healthz' },
  { name: 'kube-scheduler', port: '10259', path: '/livez' },
] as const;
type Component = (typeof LOCAL_COMPONENTS)[number];

/**
 * Where others lead already, a lease says nothing of these two: they are asked themselves, at their own ports and
 * paths, as kubeadm asks them (apiclient/wait.go; anonymous requests to these paths are always allowed).
 */
export const waitLocalComponents: Phase<JoinControlPlaneContext> = {
  name: 'wait-components',
  title: 'Wait for scheduler and controller manager',
  after: ['controllers'],
  steps: (context) =>
    LOCAL_COMPONENTS.map((component) => ({
      name: component.name,
      check: () => ({
        status: 'wait',
        for: `${component.name} to be well`,
        wait: (signal) => untilWell(context, component, signal),
      }),
    })),
};

async function untilWell(context: JoinControlPlaneContext, component: Component, signal: AbortSignal) {
  const { host, node } = context;
  const { name, path } = component;
  const timeoutMs = context.waitMs('controlPlaneComponentHealthCheck');
  const client = context.component(componentUrl(context, component));
  let seen = '';
  const well = await poll({ intervalMs: 150, timeoutMs, signal }, async () => {
    try {
      await client.request({ path, timeoutMs: 5000, signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      seen = messageOf(error);
      return undefined;
    }
  });
  if (well) return;
  throw new KubewrightError({
    code: 'ComponentNotWell',
    message: `${name} was not well within ${Math.round(timeoutMs / 1000)} s; last seen: ${seen}`,
    host: host.name,
    step: `wait-components/${name}`,
    hint: `kubewright logs -n kube-system ${name}-${node.name} says why; the same command again takes up here.`,
    exit: 'timeout',
  });
}

/** Where its manifest lets it listen. */
export function componentUrl(
  { spec, node }: Pick<NodeContext, 'spec' | 'node'>,
  { name, port }: Component,
): string {
  const pod = staticPod(name, spec, node, { caDirectories: [] });
  const bind = argumentOf(pod, 'bind-address') ?? '127.0.0.1';
  const address = bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind;
  return `https://${hostPort(address, Number(argumentOf(pod, 'secure-port') ?? port))}`;
}
