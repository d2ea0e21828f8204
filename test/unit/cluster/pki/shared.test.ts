import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { JoinControlPlaneContext } from '../../../../src/cluster/context.ts';
import { sharedKeys } from '../../../../src/cluster/phases/shared-keys.ts';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { PkiSession } from '../../../../src/cluster/pki/session.ts';
import {
  missingShared,
  refuseOtherKeys,
  SHARED_FILES,
  type SharedFiles,
  sharedFiles,
  sharedQueries,
} from '../../../../src/cluster/pki/shared.ts';
import { defaultNode } from '../../../../src/cluster/spec/defaults.ts';
import { runPhases } from '../../../../src/engine/runner.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import { Timeline } from '../../../../src/engine/timeline.ts';
import { silent } from '../../../../src/output/events.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

const ENCRYPTION = '/etc/kubernetes/encryption/config.yaml';
const { spec, node: cp1 } = exampleSpec();
const cp2 = defaultNode({ name: 'cp2', role: 'control-plane', address: '192.168.77.12' });
const now = new Date('2026-11-23T12:00:00Z');
const { signal } = new AbortController();

let shared: SharedFiles;
beforeAll(async () => {
  shared = await sharedOf(await controlPlane());
});

async function controlPlane(): Promise<FakeHost> {
  const host = new FakeHost('cp1');
  const { write } = await planPki(pkiContext(spec, cp1, { now, superAdmin: true }), new Map());
  for (const { path, content, mode } of write) host.put(path, content, mode);
  host.put(ENCRYPTION, 'keys', 0o600);
  return host;
}

async function sharedOf(host: FakeHost): Promise<SharedFiles> {
  return sharedFiles(await host.inspect(sharedQueries), spec);
}

function bring(host: FakeHost) {
  const context = { shared, spec } as JoinControlPlaneContext;
  const phases = [{ ...sharedKeys, after: [] }];
  return runPhases({ host, phases, context, reporter: silent, signal, timeline: new Timeline() });
}

describe('the keys of a cluster', () => {
  it('are brought as they are, for root alone, and once', async () => {
    const host = new FakeHost('cp2');
    await bring(host);
    expect(await sharedOf(host)).toEqual(shared);
    for (const { path } of SHARED_FILES) {
      expect(host.nodes.get(path)?.mode, path).toBe(path.endsWith('.crt') ? 0o644 : 0o600);
    }
    expect(host.operations.filter(({ kind }) => kind === 'write').every((each) => 'secret' in each)).toBe(
      true,
    );
    expect(await bring(host)).toMatchObject({ changed: 0 });
  });

  it('are missed by name where a control plane lacks one', async () => {
    const host = await controlPlane();
    for (const path of ['/etc/kubernetes/pki/etcd/ca.key', ENCRYPTION]) host.nodes.delete(path);
    const found = await sharedOf(host);
    expect(missingShared(found, spec)).toEqual(['/etc/kubernetes/pki/etcd/ca.key', ENCRYPTION]);
    const plain = exampleSpec({ security: { encryptSecrets: 'none' } });
    expect(missingShared(found, plain.spec)).toEqual(['/etc/kubernetes/pki/etcd/ca.key']);
  });

  it('never take the place of those of another cluster', async () => {
    const other = await sharedOf(await controlPlane());
    expect(() => refuseOtherKeys('cp2', other, shared)).toThrowError(
      expect.objectContaining({
        code: 'ForeignKeys',
        message: expect.stringContaining('/etc/kubernetes/pki/ca.key'),
      }),
    );
    expect(() => refuseOtherKeys('cp2', new Map(), shared)).not.toThrow();
    expect(() => refuseOtherKeys('cp2', shared, shared)).not.toThrow();
  });
});

describe('the certificates of a control plane that joins', () => {
  async function session(host: FakeHost, given: SharedFiles) {
    const pki = new PkiSession(new FakeHost(), pkiContext(spec, cp2, { now, superAdmin: false }), given);
    const seen = new Seen();
    host.onRun = () => ({ exit: 1 });
    await seen.look(host, pki.look);
    return { pki, seen };
  }

  it('are issued by the authorities that it is given, of which it makes none', async () => {
    const { pki, seen } = await session(new FakeHost('cp2'), shared);
    const { write } = await pki.issue(seen);
    const paths = write.map(({ path }) => path);
    expect(paths.filter((path) => shared.has(path))).toEqual([]);
    expect(paths).not.toContain('/etc/kubernetes/super-admin.conf');
    const text = (path: string) => write.find((file) => file.path === path)!.content;
    const ca = new X509Certificate(shared.get('/etc/kubernetes/pki/etcd/ca.crt')!);
    const peer = new X509Certificate(text('/etc/kubernetes/pki/etcd/peer.crt'));
    expect(peer.verify(ca.publicKey)).toBe(true);
    expect(peer.subjectAltName).toContain('192.168.77.12');
    expect(text('/etc/kubernetes/kubelet.conf')).toContain('server: https://192.168.77.12:6443');
  });

  it('make no authority in the plan of a cluster that is not there either', async () => {
    const { pki, seen } = await session(new FakeHost('cp2'), new Map());
    expect(new Set(pki.review(seen).needs.map(({ kind }) => kind))).toEqual(
      new Set(['leaf', 'kubeconfig', 'kubelet']),
    );
  });
});
