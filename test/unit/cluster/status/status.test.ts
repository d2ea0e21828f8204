import { beforeEach, describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import { EXIT } from '../../../../src/base/exit-codes.ts';
import { statusText } from '../../../../src/cli/status-text.ts';
import { unhealthy } from '../../../../src/cli/unhealthy.ts';
import type { ClusterPorts } from '../../../../src/cluster/ports.ts';
import { RECORD_API_PATH, recordObject, recordText } from '../../../../src/cluster/record.ts';
import { clusterStatus } from '../../../../src/cluster/run-status.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import type { ApiClient, ApiRequest } from '../../../../src/kube/port.ts';
import { clusterPorts } from '../../../fakes/cluster-ports.ts';
import { FakeEtcd } from '../../../fakes/fake-etcd.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';

const spec = resolveSpec({
  hosts: [
    { name: 'cp1', role: 'control-plane', address: '192.0.2.11', target: 'cp1' },
    { name: 'cp2', role: 'control-plane', address: '192.0.2.12', target: 'cp2' },
    { name: 'w1', role: 'worker', address: '192.0.2.13', target: 'w1' },
  ],
});
const refused = (message: string) =>
  new KubewrightError({ code: 'ConnectionRefused', message, exit: 'apiUnreachable' });

let etcd: FakeEtcd;
let hosts: Map<string, FakeHost>;
let nodes: object[];
/** What API servers say of themselves, where they are not well. */
let readyz: string | undefined;
/** Servers that do not answer. */
let down: Set<string>;
beforeEach(() => {
  etcd = new FakeEtcd(...spec.hosts.slice(0, 2));
  hosts = new Map(spec.hosts.map(({ name }) => [name, fakeHost(name)]));
  nodes = spec.hosts.map(({ name }) => node(name, 'True'));
  down = new Set();
  readyz = undefined;
});

function node(name: string, status: string) {
  return {
    metadata: { name },
    spec: {},
    status: { conditions: [{ type: 'Ready', status, message: 'why' }] },
  };
}

/** With credentials that fakes take, and everything running. */
function fakeHost(name: string): FakeHost {
  const host = new FakeHost(name);
  host.facts.hostname = name;
  const { address } = spec.hosts.find((known) => known.name === name)!;
  host.facts.addresses = [{ interface: 'eth0', address, prefix: 24 }];
  for (const unit of ['kubelet', 'containerd'])
    host.units.set(unit, { active: 'active', enabled: 'enabled' });
  host.onRun = ([program]) => {
    if (program === 'kubelet') return { stdout: 'Kubernetes v1.37.2\n' };
    if (program === 'containerd') return { stdout: 'containerd example.com/containerd/v2 v2.1.4 abc\n' };
    return { exit: 1 };
  };
  const pods = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
  for (const pod of name === 'w1' ? ['haproxy'] : pods)
    host.put(`/etc/kubernetes/manifests/${pod}.yaml`, 'x');
  if (name === 'w1') return host;
  for (const file of ['ca.crt', 'etcd/ca.crt', 'etcd/healthcheck-client.crt', 'etcd/healthcheck-client.key'])
    host.put(`/etc/kubernetes/pki/${file}`, 'pem');
  host.put('/etc/kubernetes/admin.conf', ADMIN);
  host.put('/etc/kubernetes/kubewright/cluster.yaml', recordText({ ...spec, hosts: spec.hosts.slice(0, 2) }));
  return host;
}

const data = Buffer.from('pem').toString('base64');
const ADMIN = `
current-context: x
clusters: [{ name: c, cluster: { server: 'https://192.0.2.11:6443' } }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
users: [{ name: u, user: { client-certificate-data: ${data}, client-key-data: ${data} } }]
`;

function client(server: string): ApiClient {
  const { hostname, port } = new URL(server);
  const answer = (request: ApiRequest): unknown => {
    if (down.has(`${hostname}:${port}`)) throw refused(`${server} refused the connection`);
    if (request.path === RECORD_API_PATH) return recordObject(spec);
    if (request.path === '/readyz' && readyz) throw refused(readyz);
    return request.path === '/api/v1/nodes' ? { items: nodes } : 'ok';
  };
  if (port === '2379') return etcd.client(server);
  const request = async (asked: ApiRequest) =>
    ({ status: 200, body: answer(asked), warnings: [], headers: {} }) as never;
  return { server, namespace: 'default', request } as unknown as ApiClient;
}

function ports(): ClusterPorts {
  return clusterPorts(
    async (target) => {
      const host = hosts.get(target);
      if (host) return host;
      throw new KubewrightError({
        code: 'Unreachable',
        message: `${target}: no route`,
        exit: 'hostUnreachable',
      });
    },
    { apiClient: ({ server }) => client(server) },
  );
}

const look = () =>
  clusterStatus(ports(), { through: { api: client('https://192.0.2.11:6443') }, drift: false });

describe('status', () => {
  it('of a cluster that is well: exit code 0, a tree', async () => {
    const status = await look();
    expect(status.problems).toEqual([]);
    expect(unhealthy(status)).toBeUndefined();
    expect(statusText(status)).toBe(
      [
        `kubernetes  ${spec.kubernetesVersion}  https://${spec.endpoint.name}:6443`,
        '├─ etcd: 2 members, leader cp1',
        '│  ├─ ✓ cp1  3.7.3, 21 kB',
        '│  └─ ✓ cp2  3.7.3, 21 kB',
        '├─ ✓ cp1  control plane  Ready, v1.37.2, containerd v2.1.4',
        '│  └─ ✓ kubelet  ✓ containerd  ✓ kube-apiserver  ✓ kube-controller-manager  ✓ kube-scheduler',
        '├─ ✓ cp2  control plane  Ready, v1.37.2, containerd v2.1.4',
        '│  └─ ✓ kubelet  ✓ containerd  ✓ kube-apiserver  ✓ kube-controller-manager  ✓ kube-scheduler',
        '└─ ✓ w1  worker  Ready, v1.37.2, containerd v2.1.4',
        '   └─ ✓ kubelet  ✓ containerd  ✓ haproxy',
        'All is well.',
      ].join('\n'),
    );
  });

  it('a host that is dead is a line with the reason, the others are told of', async () => {
    hosts.delete('w1');
    nodes[2] = node('w1', 'Unknown');
    const status = await look();
    expect(status.hosts.map(({ reachable }) => reachable)).toEqual([true, true, false]);
    expect(statusText(status)).toContain('└─ ✗ w1  worker  not reached: w1: no route\n');
    expect(status.problems).toEqual(['w1 was not reached: w1: no route', 'w1: the Node is not Ready: why']);
    expect(unhealthy(status)?.exit).toBe(EXIT.unhealthy);
  });

  it('units, static pods and components that are not well are named', async () => {
    hosts.get('w1')!.units.set('kubelet', { active: 'failed', enabled: 'enabled' });
    hosts.get('w1')!.nodes.delete('/etc/kubernetes/manifests/haproxy.yaml');
    down.add('127.0.0.1:10259');
    expect((await look()).problems).toEqual([
      'cp1: kube-scheduler is not well: https://127.0.0.1:10259 refused the connection',
      'cp2: kube-scheduler is not well: https://127.0.0.1:10259 refused the connection',
      'w1: kubelet is not well: the unit is failed',
      'w1: haproxy is not well: it has no manifest',
    ]);
  });

  it('B29: a node that is not well, and whose recorded address its host has no more, is told with that cause', async () => {
    const { facts } = hosts.get('w1')!;
    facts.addresses = [{ interface: 'eth0', address: '198.51.100.7', prefix: 24 }];
    expect((await look()).problems).toEqual([]);
    nodes[2] = node('w1', 'False');
    expect((await look()).problems).toEqual([
      'w1: the Node is not Ready: why',
      "w1: its recorded address 192.0.2.13 is none of the host's (198.51.100.7): give it back, or put the host in its own place (kubewright node replace w1)",
    ]);
  });

  it('B54: what lies among the manifests and looks like a copy is named: the kubelet runs it', async () => {
    for (const name of ['kube-apiserver.yaml.bak', 'etcd.yaml~', '.kubewright-0123', 'mine.yaml'])
      hosts.get('cp1')!.put(`/etc/kubernetes/manifests/${name}`, 'x');
    const { problems } = await look();
    const words = 'is no dot-file: the kubelet runs it as a static pod; move it away';
    expect(problems).toEqual([
      `cp1: /etc/kubernetes/manifests/etcd.yaml~ ${words}`,
      `cp1: /etc/kubernetes/manifests/kube-apiserver.yaml.bak ${words}`,
    ]);
  });

  it('of an API server the checks that failed are named, and not all that it looked at', async () => {
    readyz =
      '[+]ping ok\n[-]etcd failed: reason withheld\n[-]etcd-readiness failed: reason withheld\nreadyz check failed';
    expect((await look()).problems).toContain(
      'cp1: kube-apiserver is not well: failed: etcd, etcd-readiness',
    );
  });

  it('B33: a learner and a member without a host are named', async () => {
    etcd.enter({ name: 'cp9', address: '192.0.2.19' });
    await etcd
      .client('https://any')
      .request({ path: '/v3/cluster/member/add', body: { peerURLs: ['https://192.0.2.18:2380'] } });
    expect((await look()).problems).toEqual([
      'etcd: the member cp9 is of no host in the record',
      'etcd: the learner at https://192.0.2.18:2380 is of no host in the record, and not well: it was never started',
    ]);
  });

  it('without an API server: from what a control plane has on its disk, by --via', async () => {
    for (const { address } of spec.hosts) down.add(`${address}:6443`);
    const status = await clusterStatus(ports(), { through: { via: 'cp2' }, drift: false });
    expect(status.recordFrom).toBe('disk');
    expect(status.hosts.map(({ name }) => name)).toEqual(['cp1', 'cp2']);
    expect(status.problems[0]).toBe('no API server answers');
    expect(status.etcd.leader).toBe('cp1');
  });

  it("by --via a control plane whose API server is away: through another's", async () => {
    down.add('192.0.2.12:6443');
    const status = await clusterStatus(ports(), { through: { via: 'cp2' }, drift: false });
    expect(status.recordFrom).toBe('api');
    expect(status.problems).toEqual([
      'cp2: kube-apiserver is not well: https://192.0.2.12:6443 refused the connection',
    ]);
  });

  it('without an API server and without --via: the way on is named', async () => {
    down.add('192.0.2.11:6443');
    await expect(look()).rejects.toMatchObject({
      exit: EXIT.apiUnreachable,
      hint: expect.stringContaining('--via HOST'),
    });
  });
});
