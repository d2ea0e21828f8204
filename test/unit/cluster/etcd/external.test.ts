import { describe, expect, it } from 'vitest';
import type { NodeContext } from '../../../../src/cluster/context.ts';
import type { EtcdCredentials } from '../../../../src/cluster/etcd/credentials.ts';
import { findExternalEtcd, requireFiles } from '../../../../src/cluster/etcd/external.ts';
import { leaveEtcdAsAsked } from '../../../../src/cluster/leave-etcd.ts';
import { etcd } from '../../../../src/cluster/phases/static-pods.ts';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { missingShared } from '../../../../src/cluster/pki/shared.ts';
import { inwardPorts } from '../../../../src/cluster/preflight/needs.ts';
import { roomFindings } from '../../../../src/cluster/preflight/room.ts';
import { RECORD_PATH, readRecord, recordText } from '../../../../src/cluster/record.ts';
import { reset } from '../../../../src/cluster/run-reset.ts';
import { readClusterFile } from '../../../../src/cluster/spec/file.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import { runPhases } from '../../../../src/engine/runner.ts';
import { Timeline } from '../../../../src/engine/timeline.ts';
import { silent } from '../../../../src/output/events.ts';
import { clusterPorts } from '../../../fakes/cluster-ports.ts';
import { FakeEtcd } from '../../../fakes/fake-etcd.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

const named = {
  endpoints: ['https://10.9.0.1:2379', 'https://10.9.0.2:2379'],
  ...{ caFile: 'etcd/ca.crt', certFile: 'etcd/client.crt', keyFile: 'etcd/client.key' },
};
const { spec, node } = exampleSpec({ etcd: { external: named } });
const onHosts = exampleSpec({
  etcd: {
    external: { ...named, caFile: '/srv/ca', certFile: '/srv/crt', keyFile: '/srv/key', filesOn: 'hosts' },
  },
});
const PATHS = {
  ca: '/etc/kubernetes/pki/etcd/ca.crt',
  cert: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
  key: '/etc/kubernetes/pki/apiserver-etcd-client.key',
};
const signal = new AbortController().signal;

/** `cat` works. */
function host(files: Record<string, string> = {}): FakeHost {
  const made = new FakeHost('cp1');
  for (const [path, text] of Object.entries(files)) made.put(path, text, 0o600);
  made.onRun = ([program, path = '']) => {
    const stdout = program === 'cat' ? made.text(path) : '';
    return stdout === undefined ? { exit: 1 } : { stdout };
  };
  return made;
}

function find(
  {
    on = host(),
    here = {},
    cluster,
  }: { on?: FakeHost; here?: Record<string, string>; cluster?: EtcdCredentials },
  about = { spec, node },
) {
  const ports = clusterPorts(async () => on, {
    apiClient: ({ server }) => new FakeEtcd().client(server),
    localFile: async (path) => (here[path] === undefined ? undefined : Buffer.from(here[path])),
  });
  return findExternalEtcd(ports, on, { ...about, cluster });
}

const here = { 'etcd/ca.crt': 'CA', 'etcd/client.crt': 'CRT', 'etcd/client.key': 'KEY' };
const placed = { [PATHS.ca]: 'old CA', [PATHS.cert]: 'old CRT', [PATHS.key]: 'old KEY' };
const cluster = { ca: 'their CA', cert: 'their CRT', key: 'their KEY' };

describe('the files for an external etcd', () => {
  it('are those of this machine; else the cluster’s; else those that the host has', async () => {
    const files = async (from: Parameters<typeof find>[0]) => (await find(from))?.files;
    const all = { on: host(placed), here, cluster };
    expect(await files(all)).toEqual({ ca: 'CA', cert: 'CRT', key: 'KEY' });
    expect(await files({ ...all, here: {} })).toEqual(cluster);
    expect(await files({ on: host(placed) })).toEqual({ ca: 'old CA', cert: 'old CRT', key: 'old KEY' });
    expect((await find(all))?.ways.map(({ endpoint }) => endpoint)).toEqual(named.endpoints);
    const own = exampleSpec();
    expect(await find(all, own)).toBeUndefined();
  });

  it('are never mixed: a certificate of here beside a key of the host would fit nobody', async () => {
    const found = await find({ on: host(placed), here: { 'etcd/client.crt': 'CRT' }, cluster });
    expect(found?.files).toEqual({ cert: 'CRT' });
    expect(found?.ways).toEqual([]);
  });

  it('have to be somewhere: what is missing is told where the file names it', async () => {
    const text = `apiVersion: kubewright.dev/v1alpha1
kind: Cluster
metadata: {name: prod}
spec:
  etcd:
    external:
      endpoints: [https://10.9.0.1:2379]
      caFile: etcd/ca.crt
      certFile: etcd/client.crt
      keyFile: etcd/client.key
`;
    const file = readClusterFile(text, 'cluster.yaml');
    const found = await find({ here: { 'etcd/ca.crt': 'CA' } });
    expect(() => requireFiles(found, spec, file)).toThrow(
      /^cluster\.yaml:9:17: spec\.etcd\.external\.certFile: there is no file etcd\/client\.crt on this machine, and none on the host \(.*\)\ncluster\.yaml:10:16: .*keyFile/,
    );
    expect(() => requireFiles(found, spec)).toThrow(/etcd\.external\.certFile: there is no file/);
  });

  it('are put on the control plane, the key for root alone, and stay there', async () => {
    const on = host();
    const run = async () => {
      const context = { spec, node, externalEtcd: await find({ on, here }) } as NodeContext;
      const phases = [{ ...etcd, after: [] }];
      return runPhases({ host: on, phases, context, reporter: silent, signal, timeline: new Timeline() });
    };
    expect(await run()).toMatchObject({ changed: 3 });
    expect(Object.values(PATHS).map((path) => [on.text(path), on.nodes.get(path)?.mode])).toEqual([
      ['CA', 0o644],
      ['CRT', 0o644],
      ['KEY', 0o600],
    ]);
    expect(on.operations.map((each) => 'secret' in each && each.secret)).toEqual([false, false, true]);
    expect(await run()).toMatchObject({ changed: 0 });
  });

  it('stay where they are when they are the hosts’ own, links too', async () => {
    const on = host({ '/srv/ca': 'CA', '/srv/crt': 'CRT', '/srv/key': 'KEY' });
    const found = await find({ on, here }, onHosts);
    expect(found).toMatchObject({ placed: false, files: { ca: 'CA', cert: 'CRT', key: 'KEY' } });
    const context = { ...onHosts, externalEtcd: found } as unknown as NodeContext;
    expect(etcd.steps(context)).toEqual([]);
  });
});

describe('a cluster with an external etcd', () => {
  it('is recorded with where the files are, and nothing of what is in them', () => {
    expect(readRecord(recordText(spec)).etcd.external).toEqual({
      ...named,
      httpEndpoints: [],
      filesOn: 'here',
    });
  });

  it('cannot get one of its own, and one with its own cannot move out', () => {
    const own = exampleSpec().spec;
    const change =
      (input: ClusterSpecInput, recorded = spec) =>
      () =>
        resolveSpec(input, recorded);
    expect(change({ etcd: { dataDir: '/var/lib/etcd' } })).toThrow(
      /etcd\.dataDir: the cluster is recorded with an etcd outside \(https:\/\/10\.9\.0\.1:2379, .*\) and cannot be moved to one on its control planes/,
    );
    expect(change({ etcd: { external: named } }, own)).toThrow(
      /etcd\.external: the cluster is recorded with an etcd on its control planes and cannot be moved to one outside/,
    );
    // What is left out stays, and its members may change.
    expect(change({})()).toEqual(spec);
    const endpoints = ['https://10.9.0.3:2379'];
    expect(change({ etcd: { external: { ...named, endpoints } } })().etcd.external?.endpoints).toEqual(
      endpoints,
    );
    expect(change({ etcd: spec.etcd })()).toEqual(spec);
  });

  it('has neither an authority nor certificates for etcd', async () => {
    const context = pkiContext(spec, node, { now: new Date('2026-11-25T12:00:00Z'), superAdmin: true });
    const { write } = await planPki(context, new Map());
    expect(write.map(({ path }) => path).filter((path) => path.includes('etcd'))).toEqual([]);
    const keys = new Map(write.map(({ path, content }) => [path, Buffer.from(content)]));
    const plain = { ...spec, security: { ...spec.security, encryptSecrets: 'none' as const } };
    expect(missingShared(keys, plain)).toEqual([]);
  });

  it('needs no port, room or folder for etcd', () => {
    expect(inwardPorts(spec, 'control-plane').filter((port) => port.startsWith('23'))).toEqual([]);
    const listeners = [{ address: '0.0.0.0', port: 2379, pid: 7, process: 'other' }];
    const nothing = { images: 0, binaries: 0 };
    const names = (about: typeof spec) =>
      roomFindings(fakeFacts({ listeners }), about, node, nothing).map(({ name }) => name);
    expect(names(spec)).toEqual([]);
    expect(names(exampleSpec().spec)).toEqual(['Port-2379']);
  });

  it('lets go of a control plane without a word to etcd', async () => {
    const cp2 = { ...node, name: 'cp2', address: '192.168.77.12' };
    const from = (hosts: (typeof node)[]) => ({
      ...{ host: host(), facts: fakeFacts(), name: 'cp1', others: [] },
      ...{ recorded: { ...spec, hosts }, credentials: cluster },
    });
    // Whoever asked etcd would fail here.
    const ports = clusterPorts(async () => host());
    expect(await leaveEtcdAsAsked(ports, from([node, cp2]), 'leave')).toBe(true);
    expect(await leaveEtcdAsAsked(ports, from([node]), 'leave')).toBe(false);
  });

  it('is reset without the data of an etcd that runs on the host beside it, and so is a worker', async () => {
    const swept = async (files: Record<string, string>, journal: string[] = []) => {
      const on = host(files);
      for (const target of [RECORD_PATH, '/etc/modules-load.d/kubewright.conf', ...journal])
        on.journal.push({ ...{ id: 'x/y/1', kind: 'write', done: true, before: 'absent' }, target });
      const asked = { target: 'cp1', api: async () => undefined, dryRun: true };
      const { plan } = await reset(
        clusterPorts(async () => on),
        asked,
      );
      return JSON.stringify(plan).includes('/var/lib/etcd');
    };
    const manifest = '/etc/kubernetes/manifests/etcd.yaml';
    const own = { [RECORD_PATH]: recordText(exampleSpec().spec) };
    expect(await swept({ [RECORD_PATH]: recordText(spec), [manifest]: 'of its owner' })).toBe(false);
    expect(await swept({})).toBe(false);
    expect(await swept({ ...own, [manifest]: 'ours' })).toBe(true);
    // Moved away by hand, as the recipe for a lost majority says.
    expect(await swept(own, [manifest])).toBe(true);
  });
});
