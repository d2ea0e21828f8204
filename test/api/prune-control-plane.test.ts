import { afterAll, beforeAll, expect, it } from 'vitest';
import { pruneHosts } from '../../src/cluster/declared/prune.ts';
import { pkiContext } from '../../src/cluster/pki/context.ts';
import { planPki } from '../../src/cluster/pki/plan.ts';
import { fetchRecord, recordObject } from '../../src/cluster/record.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';
import { createApiClient } from '../../src/kube/client.ts';
import { isNotFound } from '../../src/kube/errors.ts';
import type { ApiClient, ApiRequest } from '../../src/kube/port.ts';
import { clusterPorts } from '../fakes/cluster-ports.ts';
import { FakeEtcd } from '../fakes/fake-etcd.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { plane, withControlPlane } from './support/plane.ts';

const KUBELET = '/usr/local/bin/kubelet';
const NODES = '/api/v1/nodes';

// Each run fails at the next point; the last one finds what all of them left.
withControlPlane('a control plane that is pruned', () => {
  let own: ControlPlane;
  let client: ApiClient;
  const [old, stays] = [new FakeHost('old'), new FakeHost('stays')];
  const spec = resolveSpec({
    name: 'shrinks',
    networking: { cni: 'none' },
    hosts: [
      { name: 'stays', role: 'control-plane', target: 'stays', address: '192.0.2.1' },
      { name: 'old', role: 'control-plane', target: 'old', address: '192.0.2.4' },
    ],
  });
  const [kept, gone] = [spec.hosts[0]!, spec.hosts[1]!];
  const etcd = new FakeEtcd(kept, gone);
  const ports = clusterPorts(async (target) => (target === 'old' ? old : stays), {
    apiClient: ({ server }) => etcd.client(server),
  });
  /** Refuses these requests. */
  let broken: (request: ApiRequest) => boolean = () => false;
  const prune = async () => {
    const request: ApiClient['request'] = async (asked) => {
      if (broken(asked)) throw new Error(`broken: ${asked.method} ${asked.path}`);
      return client.request(asked);
    };
    // What the client has beside it is on its prototype.
    const api: ApiClient = Object.assign(Object.create(client), { request });
    const [done] = await pruneHosts(ports, [gone], { api, ca: String(own.endpoint().tls.ca) }, {});
    return done!;
  };
  /** What is still there of the host: its member of etcd, its Node, its files, its place in the record. */
  const left = async () => {
    const node = await client.request({ path: `${NODES}/old` }).then(
      () => ['node'],
      (error) => (isNotFound(error) ? [] : Promise.reject(error)),
    );
    return [
      ...(etcd.at(gone.address) ? ['member'] : []),
      ...node,
      ...(old.text(KUBELET) ? ['host'] : []),
      ...((await fetchRecord(client))!.hosts.some(({ name }) => name === 'old') ? ['record'] : []),
    ];
  };

  beforeAll(async () => {
    own = await startControlPlane(plane().binaries);
    client = createApiClient(own.endpoint(), { env: {} });
    const path = '/api/v1/namespaces/kube-system/configmaps';
    await client.request({ method: 'POST', path, body: recordObject(spec) });
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'old' } };
    await client.request({ method: 'POST', path: NODES, body });
    const context = pkiContext(spec, kept, { now: new Date(), superAdmin: true });
    for (const file of (await planPki(context, new Map())).write)
      stays.put(file.path, file.content, file.mode);
    stays.put('/etc/kubernetes/encryption/config.yaml', 'keys', 0o600);
    for (const host of [old, stays]) host.put('/etc/kubernetes/pki/ca.crt', String(own.endpoint().tls.ca));
    old.facts = { ...old.facts, hostname: 'old' };
    old.put('/etc/modules-load.d/kubewright.conf', 'overlay');
    old.put(KUBELET, 'kubelet');
  });
  afterAll(async () => {
    await client?.close();
    await own?.stop();
  });

  it('stays whole where etcd does not let its member go', async () => {
    etcd.down.add('127.0.0.1');
    expect((await prune()).failure?.error).toMatchObject({ code: 'NoControlPlane' });
    etcd.down.clear();
    expect(await left()).toEqual(['member', 'node', 'host', 'record']);
    expect(old.operations).toEqual([]);
  });

  it('leaves etcd before its Node goes', async () => {
    broken = ({ method, path }) => method === 'DELETE' && path.startsWith(NODES);
    expect((await prune()).failure?.error).toMatchObject({ message: expect.stringContaining('DELETE') });
    expect(await left()).toEqual(['node', 'host', 'record']);
  });

  it('loses its Node before the host is reset', async () => {
    broken = () => false;
    old.onRun = () => ({ exit: 1, stderr: 'it does not stop' });
    expect((await prune()).failure?.error).toMatchObject({ code: 'OperationFailed' });
    expect(await left()).toEqual(['host', 'record']);
  });

  it('is forgotten last, so that the next run finds it again', async () => {
    old.onRun = () => ({});
    broken = ({ method, path }) => method !== undefined && method !== 'GET' && path.includes('/configmaps/');
    expect((await prune()).failure?.error).toMatchObject({ message: expect.stringContaining('configmaps') });
    expect(await left()).toEqual(['record']);
  });

  it('is gone when all of it could be done', async () => {
    broken = () => false;
    expect(await prune()).toMatchObject({ outcome: { state: 'removed' } });
    expect(await left()).toEqual([]);
    expect(etcd.changes).toEqual(['remove https://192.0.2.4:2380']);
  });
});
