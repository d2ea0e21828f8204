import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import type { Phase } from '../../engine/phase.ts';
import type { NodeContext } from '../context.ts';
import { kubeletEvidence, kubeletWatch } from './kubelet-evidence.ts';

/** The API server answers /readyz; everything after it speaks to the API. */
export const waitControlPlane: Phase<NodeContext> = {
  name: 'wait-control-plane',
  title: 'Wait for the API server',
  after: ['kubelet-start'],
  steps: (context) => [
    {
      name: 'readyz',
      check: () => ({
        status: 'wait',
        for: 'the API server to answer /readyz',
        wait: (signal) => untilReady(context, signal),
      }),
    },
  ],
};

async function untilReady(context: NodeContext, signal: AbortSignal): Promise<void> {
  const { host, reporter, waitMs } = context;
  const id = `${host.name} readyz`;
  const api = await context.api();
  let seen = '';
  const watch = kubeletWatch(host);
  const ready = await poll({ intervalMs: 100, timeoutMs: waitMs, signal }, async () => {
    await watch();
    try {
      await api.request({ path: '/readyz', timeoutMs: 5000, signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      seen = error instanceof Error ? error.message : String(error);
      reporter.emit({ type: 'waiting', id, host: host.name, for: 'the API server to answer /readyz', seen });
      return undefined;
    }
  });
  reporter.emit({
    type: 'waiting',
    id,
    host: host.name,
    for: 'the API server to answer /readyz',
    finished: true,
  });
  if (ready) return;
  throw new KubewrightError({
    code: 'ControlPlaneNotReady',
    message: `The API server did not answer /readyz within ${Math.round(waitMs / 1000)} s; last seen: ${seen}`,
    host: host.name,
    step: 'wait-control-plane/readyz',
    evidence: await kubeletEvidence(host),
    hint: 'The same command again takes up here. On the host: journalctl -u kubelet; ctr -n k8s.io containers ls; ls /var/log/pods.',
    exit: 'timeout',
  });
}
