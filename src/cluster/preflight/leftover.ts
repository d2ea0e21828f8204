import type { Facts, Host } from '../../host/port.ts';
import { textTemplate } from '../manifests/template.ts';

/** The host's facts, when what a run that was killed left listening there has been ended: nobody else holds these ports. */
export async function factsWithoutLeftovers(host: Pick<Host, 'inspect'>): Promise<Facts> {
  const [facts, names] = await host.inspect([{ kind: 'facts' }, { kind: 'list', path: '/run' }]);
  if (!names.some((name) => name.startsWith('kubewright-preflight-'))) return facts;
  await host.inspect([{ kind: 'run', argv: ['sh', '-c', textTemplate('preflight/leftover.sh')] }]);
  const [after] = await host.inspect([{ kind: 'facts' }]);
  return after;
}
