import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';

const UNIT = 'kubelet.service';
const PROPERTIES = ['systemctl', 'show', '-p', 'NRestarts,SubState', UNIT] as const;
/** A kubelet may end once or twice while what it needs comes up; systemd starts it again every 10 s. */
const RESTARTS = 3;
const LOOK_EVERY_MS = 3000;

/** What a person would look at first when a node does not come up: the kubelet's state and why it complains. */
export async function kubeletEvidence(host: Host): Promise<string> {
  const [unit, log] = await host.inspect([
    { kind: 'unit', name: UNIT },
    { kind: 'run', argv: ['journalctl', '-u', 'kubelet', '-n', '120', '--no-pager', '-o', 'cat'] },
  ]);
  return `${UNIT} is ${unit.active}; it says:\n${complaints(log.stdout).join('\n')}`;
}

/** klog's errors and what systemd says of failures, the last of each kind; everything where there are none. */
function complaints(log: string): string[] {
  const lines = log.trimEnd().split('\n');
  const wrong = lines.filter((line) => /^[EF]\d{4} |[Ff]ailed|panic:/.test(line));
  const latest = new Map(wrong.map((line) => [line.replace(/^[EF]\d{4} [\d:.]+ +\d+ /, ''), line]));
  return (latest.size > 0 ? [...latest.values()] : lines).slice(-20);
}

/**
 * For use inside a wait: throws as soon as the kubelet is known to end again and again, instead of letting the
 * deadline of what it should bring about pass.
 */
export function kubeletWatch(host: Host): () => Promise<void> {
  let next = performance.now() + LOOK_EVERY_MS;
  return async () => {
    if (performance.now() < next) return;
    const [{ stdout }] = await host.inspect([{ kind: 'run', argv: PROPERTIES }]);
    const restarts = Number(/NRestarts=(\d+)/.exec(stdout)?.[1] ?? 0);
    if (restarts >= RESTARTS && /SubState=(auto-restart|failed)/.test(stdout)) {
      throw new KubewrightError({
        code: 'KubeletCrashing',
        message: `The kubelet of ${host.name} ended ${restarts} times.`,
        host: host.name,
        evidence: await kubeletEvidence(host),
        hint: 'Mend what it complains of and run the same command again. On the host: journalctl -u kubelet.',
        exit: 'step',
      });
    }
    next = performance.now() + LOOK_EVERY_MS;
  };
}
