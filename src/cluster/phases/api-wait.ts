import { KubewrightError, messageOf } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import type { Step } from '../../engine/step.ts';
import type { NodeContext } from '../context.ts';
import { dataLost, saysDataLost } from '../etcd/lost-data.ts';
import { kubeletEvidence, kubeletWatch } from './kubelet-evidence.ts';

/** Waits until the API server answers this path with success; whatever it answers before is only told. */
export function apiWaitStep(context: NodeContext, name: string, path: string): Step {
  const what = `the API server to answer ${path}`;
  return {
    name,
    check: () => ({
      status: 'wait',
      for: what,
      wait: (signal) => untilAnswered(context, name, path, signal),
    }),
  };
}

async function untilAnswered(context: NodeContext, name: string, path: string, signal: AbortSignal) {
  const { host, reporter } = context;
  const timeoutMs = context.waitMs('controlPlaneComponentHealthCheck');
  const about = {
    type: 'waiting' as const,
    id: `${host.name} ${name}`,
    host: host.name,
    for: `the API server to answer ${path}`,
  };
  const api = await context.api();
  let seen = '';
  const watch = kubeletWatch(host);
  const answered = await poll({ intervalMs: 100, timeoutMs, signal }, async () => {
    await watch();
    try {
      await api.request({ path, timeoutMs: 5000, signal });
      return true;
    } catch (error) {
      signal.throwIfAborted();
      seen = messageOf(error);
      reporter.emit({ ...about, seen });
      return undefined;
    }
  });
  reporter.emit({ ...about, finished: true });
  if (answered) return;
  if (await saysDataLost(host))
    throw dataLost(
      host,
      `it has less than the others know that it had, so that it does not run; last seen: ${seen}`,
    );
  throw new KubewrightError({
    code: 'ControlPlaneNotReady',
    message: `The API server did not answer ${path} within ${Math.round(timeoutMs / 1000)} s; last seen: ${seen}`,
    host: host.name,
    evidence: await kubeletEvidence(host),
    hint: 'The same command again takes up here. On the host: journalctl -u kubelet; ctr -n k8s.io containers ls; ls /var/log/pods.',
    exit: 'timeout',
  });
}
