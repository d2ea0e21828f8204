import type { Host } from '../../host/port.ts';

/** What a person would look at first when a node does not come up: the kubelet's state and its last words. */
export async function kubeletEvidence(host: Host): Promise<string> {
  const [unit, log] = await host.inspect([
    { kind: 'unit', name: 'kubelet.service' },
    { kind: 'run', argv: ['journalctl', '-u', 'kubelet', '-n', '20', '--no-pager', '-o', 'cat'] },
  ]);
  return `kubelet.service is ${unit.active}; its last lines:\n${log.stdout.trimEnd()}`;
}
