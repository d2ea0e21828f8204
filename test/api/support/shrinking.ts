import { KubewrightError } from '../../../src/base/errors.ts';
import { pkiContext } from '../../../src/cluster/pki/context.ts';
import { planPki } from '../../../src/cluster/pki/plan.ts';
import { recordObject } from '../../../src/cluster/record.ts';
import { defaultNode } from '../../../src/cluster/spec/defaults.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import type { NodeSpec } from '../../../src/cluster/spec/types.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import type { Event } from '../../../src/output/events.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { FakeEtcd } from '../../fakes/fake-etcd.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { startControlPlane } from './control-plane.ts';
import { plane } from './plane.ts';

/** A cluster of three control planes and a worker on hosts in memory, with a real API server and an etcd in memory. */
export async function shrinkingCluster() {
  const own = await startControlPlane(plane().binaries);
  const client = createApiClient(own.endpoint(), { env: {} });
  const ca = String(own.endpoint().tls.ca);
  const host = (name: string, last: number, role: NodeSpec['role']) =>
    defaultNode({ name, role, target: name, address: `192.0.2.${last}` });
  const controlPlanes = [1, 2, 3].map((last) => host(`cp${last}`, last, 'control-plane'));
  const spec = resolveSpec({
    name: 'shrinks',
    networking: { cni: 'none' },
    hosts: [...controlPlanes, host('w1', 4, 'worker')],
  });
  const etcd = new FakeEtcd(...controlPlanes);
  const hosts = new Map(spec.hosts.map(({ name }) => [name, new FakeHost(name)]));
  const events: Event[] = [];
  const open = async (target: string) => {
    const found = hosts.get(target);
    if (found) return found;
    const message = `${target} does not answer.`;
    throw new KubewrightError({ code: 'HostUnreachable', message, exit: 'hostUnreachable' });
  };
  const ports = clusterPorts(open, {
    apiClient: ({ server }) => etcd.client(server),
    reporter: { emit: (event) => void events.push(event) },
  });
  const post = (path: string, body: object) => client.request({ method: 'POST', path, body });
  const addNode = async (name: string, address: string) => {
    const metadata = { name };
    await post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata });
    const body = { status: { addresses: [{ type: 'InternalIP', address }] } };
    const contentType = 'application/merge-patch+json';
    await client.request({ method: 'PATCH', path: `/api/v1/nodes/${name}/status`, contentType, body });
  };
  await post('/api/v1/namespaces/kube-system/configmaps', recordObject(spec));
  for (const node of spec.hosts) await addNode(node.name, node.address);
  const context = pkiContext(spec, spec.hosts[0]!, { now: new Date(), superAdmin: true });
  const { write } = await planPki(context, new Map());
  for (const node of spec.hosts) {
    const memory = hosts.get(node.name)!;
    memory.facts = { ...memory.facts, hostname: node.name, machineId: node.name };
    memory.put('/etc/modules-load.d/kubewright.conf', 'overlay');
    if (node.role === 'control-plane') {
      for (const file of write) memory.put(file.path, file.content, file.mode);
      memory.put('/etc/kubernetes/encryption/config.yaml', 'keys', 0o600);
    }
    memory.put('/etc/kubernetes/pki/ca.crt', ca);
  }
  const stop = async () => {
    await client.close();
    await own.stop();
  };
  const names = async () => {
    const { body } = await client.request<{ items: { metadata: { name: string } }[] }>({
      path: '/api/v1/nodes',
    });
    return body.items.map(({ metadata }) => metadata.name).sort();
  };
  return { access: { api: client, ca }, addNode, client, etcd, events, hosts, names, ports, spec, stop };
}

export type ShrinkingCluster = Awaited<ReturnType<typeof shrinkingCluster>>;
