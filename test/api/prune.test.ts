import { afterAll, beforeAll, expect, it } from 'vitest';
import { KubewrightError } from '../../src/base/errors.ts';
import { planPrune, pruneHosts } from '../../src/cluster/declared/prune.ts';
import { fetchRecord, recordHosts, recordObject } from '../../src/cluster/record.ts';
import { defaultNode } from '../../src/cluster/spec/defaults.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';
import type { ClusterSpec, NodeSpec } from '../../src/cluster/spec/types.ts';
import { createApiClient } from '../../src/kube/client.ts';
import { isNotFound } from '../../src/kube/errors.ts';
import type { ApiClient, KubeObject } from '../../src/kube/port.ts';
import type { Event } from '../../src/output/events.ts';
import { clusterPorts } from '../fakes/cluster-ports.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { type ControlPlane, startControlPlane } from './support/control-plane.ts';
import { freshNamespace, plane, withControlPlane } from './support/plane.ts';

const KUBELET = '/usr/local/bin/kubelet';

withControlPlane('hosts that are pruned', () => {
  let own: ControlPlane;
  let client: ApiClient;
  let ca: string;
  let spec: ClusterSpec;
  const system = '/api/v1/namespaces/kube-system/configmaps';
  const put = (object: KubeObject) => client.request({ method: 'POST', path: system, body: object });
  const [alive, idle, reused] = [new FakeHost('alive'), new FakeHost('idle'), new FakeHost('reused')];
  const living = new Map([alive, idle, reused].map((host) => [host.name, host]));
  const ports = clusterPorts(async (target) => {
    const host = living.get(target);
    if (host) return host;
    const message = `${target} does not answer.`;
    throw new KubewrightError({ code: 'HostUnreachable', message, exit: 'hostUnreachable' });
  });
  const access = () => ({ api: client, ca: ca });
  const gone = () => spec.hosts.filter(({ role }) => role === 'worker');
  const nodeIsThere = (name: string) =>
    client.request({ path: `/api/v1/nodes/${name}` }).then(
      () => true,
      (error) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    );

  beforeAll(async () => {
    // The record has one name in every cluster.
    own = await startControlPlane(plane().binaries);
    client = createApiClient(own.endpoint(), { env: {} });
    ca = String(own.endpoint().tls.ca);
    spec = resolveSpec({
      name: 'pruned',
      networking: { cni: 'none' },
      hosts: [
        { name: 'stays', role: 'control-plane', target: 'stays', address: '192.0.2.1' },
        { name: 'alive', target: 'alive', address: '192.0.2.2' },
        { name: 'dead', target: 'dead', address: '192.0.2.3' },
      ],
    });
    await put(recordObject(spec));
    const data = { 'ca.crt': ca };
    await put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt' }, data });
    for (const name of ['alive', 'dead'])
      await client.request({
        method: 'POST',
        path: '/api/v1/nodes',
        body: { apiVersion: 'v1', kind: 'Node', metadata: { name } },
      });
    alive.facts = { ...alive.facts, hostname: 'alive' };
    alive.put(KUBELET, 'kubelet');
    alive.put('/etc/kubernetes/kubelet.conf', 'x');
    alive.units.set('kubelet.service', { active: 'active', enabled: 'enabled' });
    alive.put('/etc/modules-load.d/kubewright.conf', 'overlay');
    alive.put('/etc/kubernetes/pki/ca.crt', ca);
  });
  afterAll(async () => {
    await client?.close();
    await own?.stop();
  });

  it('are planned first: what is evicted, what goes, and which of them cannot be cleaned', async () => {
    const [living, dead] = await planPrune(ports, gone(), access());
    expect(living!.summary).toEqual(['cordon node alive', 'delete node alive']);
    expect(living!.plan!.phases.flatMap(({ steps }) => steps.flatMap(({ summary }) => summary))).toContain(
      `remove ${KUBELET}`,
    );
    expect(dead).toMatchObject({ node: 'dead' });
    expect(dead!.plan).toBeUndefined();
    expect(dead!.summary.at(-1)).toBe('the host cannot be reached: it will not be cleaned');
    expect(alive.operations).toEqual([]);
    expect(await nodeIsThere('alive')).toBe(true);
  });

  it('leave: the one that lives is reset, the dead one only forgotten, and that is said', async () => {
    const done = await pruneHosts(ports, gone(), access(), { waitMs: 5000 });
    expect(done.map(({ outcome }) => outcome)).toMatchObject([
      { node: 'alive', state: 'removed' },
      { node: 'dead', state: 'removed', note: 'the host was not reached: it was not cleaned' },
    ]);
    expect(done.flatMap(({ failure }) => failure ?? [])).toEqual([]);
    expect([await nodeIsThere('alive'), await nodeIsThere('dead')]).toEqual([false, false]);
    expect((await fetchRecord(client))?.hosts.map(({ name }) => name)).toEqual(['stays']);
    expect(alive.text(KUBELET)).toBeUndefined();
  });

  const joined = async (name: string, address: string): Promise<NodeSpec> => {
    const body = { apiVersion: 'v1', kind: 'Node', metadata: { name } };
    await client.request({ method: 'POST', path: '/api/v1/nodes', body });
    const node = defaultNode({ name, target: name, address });
    await recordHosts(client, [node]);
    return node;
  };

  // It waited for pods that nobody could end, until the drain was given up.
  it('leave with their pods where no kubelet runs that could end them', async () => {
    const node = await joined('idle', '192.0.2.8');
    idle.put('/etc/kubernetes/pki/ca.crt', ca);
    idle.put('/etc/modules-load.d/kubewright.conf', 'overlay');
    const namespace = await freshNamespace(client);
    const path = `/api/v1/namespaces/${namespace}/pods`;
    // No controller manager makes it here.
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    await client.request({ method: 'POST', path: path.replace('pods', 'serviceaccounts'), body: account });
    const containers = [{ name: 'c', image: 'x' }];
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'stuck' } };
    const body = { ...pod, spec: { nodeName: 'idle', terminationGracePeriodSeconds: 600, containers } };
    await client.request({ method: 'POST', path, body });
    const [plan] = await planPrune(ports, [node], access());
    expect(plan!.summary).toContain('its kubelet does not run: its pods go with its node');
    const events: Event[] = [];
    const heard = { ...ports, reporter: { emit: (event: Event) => void events.push(event) } };
    const [done] = await pruneHosts(heard, [node], access(), { waitMs: 600_000 });
    expect(done).toMatchObject({ outcome: { state: 'removed' } });
    const text = expect.stringContaining('idle is not drained');
    expect(events).toContainEqual(expect.objectContaining({ type: 'message', text }));
    expect(await nodeIsThere('idle')).toBe(false);
    expect(idle.text('/etc/modules-load.d/kubewright.conf')).toBeUndefined();
  });

  it('leave also where another machine has their address by now, which is left as it is', async () => {
    const node = await joined('reused', '192.0.2.9');
    reused.put('/var/lib/docker/overlay2/x', 'theirs');
    reused.units.set('docker.service', { active: 'active', enabled: 'enabled' });
    const note = expect.stringContaining(
      "nothing of kubewright's is there, but /var/lib/docker, docker.service",
    );
    const [plan] = await planPrune(ports, [node], access());
    expect(plan!.summary).toContainEqual(note);
    const [done] = await pruneHosts(ports, [node], access(), {});
    expect(done!.outcome).toMatchObject({ state: 'removed', changed: 0, note });
    expect(reused.operations).toEqual([]);
    expect(await nodeIsThere('reused')).toBe(false);
    expect((await fetchRecord(client))?.hosts.map(({ name }) => name)).toEqual(['stays']);
  });
});
