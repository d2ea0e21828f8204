import { KubewrightError } from '../base/errors.ts';
import type { Host, LockAnswer } from '../host/port.ts';
import type { ClusterPorts } from './ports.ts';
import { isGone, runIdentity } from './run-identity.ts';

/** Held while nothing is heard of the run, in the host's uptime; every batch renews it. */
const leaseSeconds = 120;

/**
 * Keeps others off the host for as long as `work` takes; it is given the epoch with which the host knows its
 * operations from those of a run that lost the lock meanwhile. Throws HostLocked where another run holds it.
 */
export async function withLock<T>(
  ports: ClusterPorts,
  host: Host,
  command: string,
  work: (epoch: number) => Promise<T>,
  /** `forget`: after success nothing of ours stays on the host, the journal and the lock itself included. */
  options: { forget?: boolean } = {},
): Promise<T> {
  const owner = runIdentity(command);
  const answer = await take(ports, host, owner);
  if ('heldBy' in answer) throw locked(host, answer);
  if (answer.broken) {
    const why = answer.broken.why === 'reboot' ? 'the host was rebooted since' : 'its lease had run out';
    const text = `broke the lock of ${answer.broken.owner}: ${why}`;
    ports.reporter.emit({ type: 'message', level: 'warning', host: host.name, text });
  }
  const heartbeat = setInterval(
    () => {
      host.lock({ owner, seconds: leaseSeconds, epoch: answer.epoch }).catch(() => undefined);
    },
    (leaseSeconds * 1000) / 3,
  );
  let succeeded = false;
  try {
    const result = await work(answer.epoch);
    succeeded = true;
    return result;
  } finally {
    clearInterval(heartbeat);
    // A host that cannot be reached any more lets go by itself when the lease has run out.
    const forget = succeeded && (options.forget ?? false);
    await host.unlock(answer.epoch, { forget }).catch(() => undefined);
  }
}

/** A run of this machine that was killed cannot come back: its lock is taken over at once, not when it runs out. */
async function take(ports: ClusterPorts, host: Host, owner: string): Promise<LockAnswer> {
  const answer = await host.lock({ owner, seconds: leaseSeconds });
  if (!('heldBy' in answer) || !isGone(answer.heldBy)) return answer;
  const text = `took over the lock of ${answer.heldBy}: that run is gone`;
  ports.reporter.emit({ type: 'message', level: 'warning', host: host.name, text });
  await host.unlock(answer.held);
  return host.lock({ owner, seconds: leaseSeconds });
}

function locked(host: Host, { heldBy, expiresInSeconds }: { heldBy: string; expiresInSeconds: number }) {
  return new KubewrightError({
    code: 'HostLocked',
    message: `Another run works on ${host.name}: ${heldBy}.`,
    host: host.name,
    hint: `Wait for it. If it is gone, its lock ends by itself in ${expiresInSeconds} s.`,
    exit: 'locked',
  });
}
