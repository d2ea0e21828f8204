import { KubewrightError } from '../base/errors.ts';
import { apiThrough } from './api-access.ts';
import { readKubeconfig } from './pki/kubeconfig.ts';
import { certPath, kubeconfigPath } from './pki/table.ts';
import type { ClusterPorts } from './ports.ts';
import { type ClusterAccess, RECORD_PATH, readRecord } from './record.ts';

/** Administrator's access through a control plane's own files and its connection: nothing on this machine is needed. */
export async function controlPlaneAccess(ports: ClusterPorts, target: string): Promise<ClusterAccess> {
  const host = await ports.openHost(target);
  const [facts, record, conf, caFile] = await host.inspect([
    { kind: 'facts' },
    { kind: 'file', path: RECORD_PATH, content: true },
    { kind: 'file', path: kubeconfigPath('admin.conf'), content: true },
    { kind: 'file', path: certPath('ca'), content: true },
  ]);
  const admin = conf.content && readKubeconfig(conf.content);
  if (!record.content || !admin?.certificate || !admin.key || !caFile.content) {
    throw new KubewrightError({
      code: 'NotAControlPlane',
      message: `${host.name} is not a control plane that kubewright made.`,
      host: host.name,
      hint: 'Name one of its control planes with --via.',
      exit: 'invalidInput',
    });
  }
  const spec = readRecord(record.content.toString('utf8'));
  const name = facts.hostname.toLowerCase();
  const node = spec.hosts.find((known) => known.name === name) ?? spec.hosts[0]!;
  const ca = caFile.content.toString('utf8');
  const { certificate, key } = admin;
  return { api: apiThrough(ports, host, spec, node, { ca, certificate, key }), ca };
}
