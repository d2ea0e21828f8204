import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';

/**
 * One machine under two names: the record would describe one host twice, and the old name's Node would stay for ever.
 * `local` is what each machine calls itself.
 */
export function refuseTaken(host: Host, spec: ClusterSpec, node: NodeSpec): void {
  const { name, address, target } = node;
  const other = spec.hosts.find(
    (known) =>
      known.name !== name &&
      ((address !== '' && known.address === address) ||
        (target !== undefined && target !== 'local' && known.target === target)),
  );
  if (!other) return;
  throw new KubewrightError({
    code: 'HostRecordedAs',
    message: `${host.name} (${address}) is recorded as the node ${other.name} of ${spec.name} and cannot join as ${name}; nothing was changed.`,
    host: host.name,
    hint: `If ${other.name} is gone for good: kubewright node remove ${other.name}, then this again. If it is that node: --name ${other.name}.`,
    exit: 'invalidInput',
  });
}
