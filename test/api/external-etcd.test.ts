import { connect } from 'node:net';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { poll } from '../../src/base/wait.ts';
import { type EtcdClient, etcdClient } from '../../src/cluster/etcd/client.ts';
import { findExternalEtcd } from '../../src/cluster/etcd/external.ts';
import { externalAway } from '../../src/cluster/etcd/external-away.ts';
import { staticPodFile } from '../../src/cluster/manifests/static-pods.ts';
import { externalEtcdFindings } from '../../src/cluster/preflight/external-etcd.ts';
import { RECORD_ETCD_KEY, recordObject } from '../../src/cluster/record.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';
import type { ClusterSpec, NodeSpec } from '../../src/cluster/spec/types.ts';
import { externalEtcdStatus } from '../../src/cluster/status/external-etcd.ts';
import { createApiClient } from '../../src/kube/client.ts';
import { clusterPorts } from '../fakes/cluster-ports.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { makeAuthority, type Pair } from './support/certificates.ts';
import { type EtcdCluster, etcdCluster } from './support/etcd.ts';
import { adminClient, freshNamespace, plane, withControlPlane } from './support/plane.ts';

withControlPlane('a real etcd outside of the cluster', () => {
  let etcds: EtcdCluster;
  let [one, other, nobody]: NodeSpec[] = [];
  let client: Pair;
  let etcd: EtcdClient;

  beforeAll(async () => {
    etcds = await etcdCluster(inject('controlPlane')!.binaries.etcd);
    [one, other, nobody] = ['one', 'other', 'nobody'].map((name) => etcds.node(name));
    // Each founds a cluster of its own.
    await Promise.all([etcds.start(one!), etcds.start(other!)]);
    client = await etcds.authority.issue({ subject: 'CN=kube-apiserver' });
    etcd = await etcds.client(one!);
    const up = async (node: NodeSpec) => (await etcds.client(node)).members().catch(() => undefined);
    for (const node of [one!, other!])
      expect(await poll({ intervalMs: 100, timeoutMs: 60_000 }, () => up(node))).toHaveLength(1);
  });
  afterAll(() => etcds?.stop());

  const urlOf = ({ address }: NodeSpec) => `https://${address}:2379`;
  const specOf = (nodes: NodeSpec[]) =>
    resolveSpec({
      hosts: [{ name: 'cp1', role: 'control-plane', address: '192.0.2.11' }],
      etcd: {
        external: { endpoints: nodes.map(urlOf), caFile: 'ca.crt', certFile: 'tls.crt', keyFile: 'tls.key' },
      },
    });
  /** As a control plane would use it, which reaches what this machine reaches. */
  async function used(nodes: NodeSpec[], pair = client) {
    const spec = specOf(nodes);
    const files: Record<string, string> = {
      'ca.crt': etcds.authority.cert,
      'tls.crt': pair.cert,
      'tls.key': pair.key,
    };
    const host = Object.assign(new FakeHost('cp1'), {
      tunnel: async (name: string, port: number) => connect(port, name),
    });
    const ports = clusterPorts(async () => host, {
      apiClient: (endpoint) => createApiClient(endpoint, { env: {} }),
      localFile: async (path) => (files[path] === undefined ? undefined : Buffer.from(files[path])),
    });
    const externalEtcd = await findExternalEtcd(ports, host, { spec, node: spec.hosts[0]! });
    return { spec, externalEtcd, host, ports };
  }
  /** What the product asks of no etcd. */
  async function post(node: NodeSpec, path: string, body: object): Promise<void> {
    const tls = { ca: etcds.authority.cert, cert: client.cert, key: client.key };
    const direct = createApiClient({ server: urlOf(node), tls }, { env: {} });
    await direct.request({ method: 'POST', path: `/v3/${path}`, body });
    await direct.close();
  }
  const fresh = {
    now: new Date(),
    running: false,
    joining: false,
    manifest: undefined as Buffer | undefined,
    recorded: undefined as ClusterSpec | undefined,
  };
  async function findings(nodes: NodeSpec[], more: Partial<typeof fresh> = {}, pair = client) {
    const { spec, externalEtcd } = await used(nodes, pair);
    const found = await externalEtcdFindings({ spec, externalEtcd, ...fresh, ...more });
    return found.map(({ name, level, message }) => `${name} ${level}: ${message}`);
  }

  test('that is up and empty is taken', async () => {
    expect(await findings([one!])).toEqual([]);
  });

  test('is one etcd, not two', async () => {
    expect(await findings([one!, other!])).toEqual([
      `ExternalEtcdClusters error: the endpoints are of 2 different etcd clusters: ${urlOf(one!)} | ${urlOf(other!)}`,
    ]);
  });

  test('has to answer this host; a node that is up already is only warned of one that does not', async () => {
    const away = new RegExp(
      `the external etcd is not reached from this host: etcd at ${urlOf(nobody!)}: nothing listens`,
    );
    expect(await findings([nobody!])).toEqual([expect.stringMatching(away)]);
    expect(await findings([one!, nobody!])).toEqual([expect.stringMatching(/^ExternalEtcd error/)]);
    expect(await findings([one!, nobody!], { running: true })).toEqual([
      expect.stringMatching(/^ExternalEtcd warning/),
    ]);
    expect(await findings([nobody!], { running: true })).toEqual([
      expect.stringMatching(/^ExternalEtcd error/),
    ]);
  });

  test('that is not well, by an alarm, is only warned of on a node that works with it', async () => {
    const etcdOther = await etcds.client(other!);
    const memberID = (await etcdOther.members())[0]!.id;
    const alarm = (action: string) =>
      post(other!, 'maintenance/alarm', { action, memberID, alarm: 'NOSPACE' });
    const unwell = async (nodes: NodeSpec[], more: Partial<typeof fresh> = {}) =>
      (await findings(nodes, more)).filter((text) => text.includes('is not well'));
    await alarm('ACTIVATE');
    const told = (level: string) => [
      expect.stringMatching(new RegExp(`^ExternalEtcd ${level}: etcd at \\S+ is not well: .*NOSPACE`)),
    ];
    expect(await unwell([one!, other!])).toEqual(told('error'));
    expect(await unwell([one!, other!], { running: true })).toEqual(told('warning'));
    await alarm('DEACTIVATE');
    expect(await unwell([other!])).toEqual([]);
  });

  test('has to know the client that the API server will be', async () => {
    const strangers = await makeAuthority('strangers');
    const stranger = await strangers.issue({ subject: 'CN=kube-apiserver' });
    expect(await findings([one!], {}, stranger)).toEqual([
      expect.stringMatching(
        /^ExternalEtcd error: .*apiserver-etcd-client\.crt is not signed by \/etc\/kubernetes\/pki\/etcd\/ca\.crt$/,
      ),
    ]);
  });

  test('holds nobody else’s cluster', async () => {
    const spec = specOf([one!]);
    const manifest = (of: NodeSpec) => {
      const { content } = staticPodFile('kube-apiserver', specOf([of]), spec.hosts[0]!, {
        caDirectories: [],
      });
      return Buffer.from(content);
    };
    const lease = await etcd.grantLease(600);
    await etcd.claim('/registry/namespaces/default', 'x', lease);
    expect(await findings([one!])).toEqual([
      expect.stringMatching(/^ExternalEtcdData error: the external etcd already holds a Kubernetes cluster/),
    ]);
    // Who wrote it may go on, and who joins finds it there.
    expect(await findings([one!], { manifest: manifest(one!) })).toEqual([]);
    expect(await findings([one!], { joining: true })).toEqual([]);
    // The cluster that has its data elsewhere would be empty here.
    expect(await findings([one!], { manifest: manifest(other!) })).toEqual([
      `ExternalEtcdData error: the etcd that is named now does not hold this cluster, which the one at ${urlOf(other!)} does`,
    ]);
    await etcd.claim(RECORD_ETCD_KEY, 'x', lease);
    expect(await findings([one!], { manifest: manifest(other!) })).toEqual([]);
    await etcd.revokeLease(lease);
  });

  /** The record as a real API server has put it into its etcd. */
  async function stored(spec: ClusterSpec): Promise<Buffer> {
    const api = adminClient();
    const namespace = await freshNamespace(api);
    const body = { ...recordObject(spec), metadata: { name: 'kept', namespace } };
    await api.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body });
    const theirs = etcdClient(plane().etcd, (server) => createApiClient({ server, tls: {} }, { env: {} }));
    return (await theirs.read(`/registry/configmaps/${namespace}/kept`))!;
  }
  const put = (value: Buffer, lease: string) =>
    post(one!, 'kv/put', {
      ...{ key: Buffer.from(RECORD_ETCD_KEY).toString('base64'), value: value.toString('base64') },
      lease,
    });

  // The advice was to delete all of it.
  test('that holds this very cluster is its own, with the API server’s manifest gone too', async () => {
    const spec = specOf([one!]);
    const lease = await etcd.grantLease(600);
    await put(await stored(spec), lease);
    expect(await findings([one!], { recorded: spec })).toEqual([]);
    await etcd.revokeLease(lease);
  });

  test('that holds another cluster is named with that; deleting is the last thing to do', async () => {
    const { hosts } = specOf([one!]);
    const theirs = resolveSpec({ name: 'theirs', hosts });
    // The name that most clusters have says nothing.
    const namesake = resolveSpec({ hosts: hosts.map((host) => ({ ...host, address: '192.0.2.99' })) });
    const lease = await etcd.grantLease(600);
    for (const [recorded, there] of [
      [undefined, theirs],
      [specOf([one!]), theirs],
      [specOf([one!]), namesake],
    ] as const) {
      await put(await stored(there), lease);
      const about = { ...fresh, recorded, ...(await used([one!])) };
      const [found, ...more] = await externalEtcdFindings(about);
      expect([found, more]).toMatchObject([{ name: 'ExternalEtcdData', level: 'error' }, []]);
      const { name, address } = there.hosts[0]!;
      expect(found!.message).toBe(
        `the external etcd already holds the cluster "${there.name}" (${name} at ${address})`,
      );
      expect(found!.fix).toMatch(/^name another etcd; .*kubewright join .*; if nobody needs .* etcdctl del/);
    }
    await etcd.revokeLease(lease);
  });

  test('is named where no API server answers for want of it', async () => {
    const away = async (nodes: NodeSpec[]) => {
      const { spec, host, ports } = await used(nodes);
      const files = { 'etcd/ca.crt': etcds.authority.cert, 'apiserver-etcd-client.crt': client.cert };
      for (const [name, text] of Object.entries({ ...files, 'apiserver-etcd-client.key': client.key }))
        host.put(`/etc/kubernetes/pki/${name}`, text);
      host.onRun = ([, path = '']) => ({ stdout: host.text(path) ?? '' });
      return externalAway(ports, host, spec, spec.hosts[0]!);
    };
    expect(await away([one!, nobody!])).toBeUndefined();
    expect(await away([nobody!])).toMatchObject({
      code: 'ExternalEtcdAway',
      message: expect.stringMatching(
        /^The etcd of kubernetes, which is outside, does not work: .*nothing listens/,
      ),
    });
  });

  test('is told of by status: its members are nobody’s orphans', async () => {
    const ways = async (nodes: NodeSpec[]) => (await used(nodes)).externalEtcd!.ways;
    const status = await externalEtcdStatus([await ways([nobody!]), await ways([one!, nobody!])]);
    expect(status).toMatchObject({
      external: true,
      leader: 'one',
      members: [{ name: 'one', well: true, learner: false }],
      endpoints: [
        { url: urlOf(one!), well: true },
        { url: urlOf(nobody!), well: false, reason: expect.stringContaining('nothing listens') },
      ],
    });
    expect(await externalEtcdStatus([await ways([nobody!])])).toMatchObject({
      external: true,
      members: [],
      reason: expect.stringContaining('nothing listens'),
    });
  });
});
