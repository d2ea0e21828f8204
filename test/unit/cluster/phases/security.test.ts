import { describe, expect, it } from 'vitest';
import type { ControlPlaneContext } from '../../../../src/cluster/context.ts';
import { reviewEncryption, writingKey } from '../../../../src/cluster/encryption/config.ts';
import { encryptSecrets } from '../../../../src/cluster/phases/encrypt-secrets.ts';
import { security } from '../../../../src/cluster/phases/security.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import type { Phase } from '../../../../src/engine/phase.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import type { OperationDraft, Verdict } from '../../../../src/engine/step.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

const CONFIG = '/etc/kubernetes/encryption/config.yaml';
const MANIFEST = '/etc/kubernetes/manifests/kube-apiserver.yaml';
const off: ClusterSpecInput = { security: { encryptSecrets: 'none' } };
const existing = reviewEncryption(undefined, 'secretbox').text();

async function verdicts(
  phase: Phase<ControlPlaneContext>,
  host: FakeHost,
  input: ClusterSpecInput = {},
  over: { marker?: string; shared?: Map<string, Buffer>; etcd?: object | undefined } = {},
) {
  const { spec, node } = exampleSpec(input);
  const { marker, ...joining } = over;
  const annotations = marker ? { 'kubewright.dev/secrets-written-with': marker } : {};
  const api = async () => ({ request: async () => ({ body: { metadata: { annotations } } }) });
  const steps = phase.steps({ spec, node, host, api, ...joining } as unknown as ControlPlaneContext);
  const seen = new Seen();
  await seen.look(
    host,
    steps.flatMap(({ look }) => look ?? []),
  );
  return Object.fromEntries(
    await Promise.all(steps.map(async (step) => [step.name, await step.check(seen)] as const)),
  ) as Record<string, Verdict>;
}

async function operationsOf(verdict: Verdict | undefined): Promise<OperationDraft[]> {
  if (verdict?.status !== 'change' || verdict.change.kind !== 'operations') throw new Error('no operations');
  return verdict.change.operations();
}

/** Carries out what the phase wants. */
async function prepared(input: ClusterSpecInput = {}): Promise<FakeHost> {
  const host = new FakeHost();
  for (const verdict of Object.values(await verdicts(security, host, input))) {
    for (const draft of await operationsOf(verdict)) {
      if (draft.kind === 'write') host.put(draft.path, draft.content, draft.mode);
    }
  }
  for (const folder of ['/var/log/kubernetes', '/var/log/kubernetes/audit']) {
    host.nodes.set(folder, {
      type: 'directory',
      mode: folder.endsWith('audit') ? 0o700 : 0o755,
      content: Buffer.alloc(0),
    });
  }
  return host;
}

describe('the policies of the API server', () => {
  it('are written for root alone, and then left', async () => {
    const found = await verdicts(security, new FakeHost());
    expect(Object.values(found).map(({ status }) => status)).toEqual([
      'change',
      'change',
      'change',
      'change',
    ]);
    const host = await prepared();
    const files = [...host.nodes].filter(([path, { type }]) => type === 'file' && path.startsWith('/etc/'));
    expect(files.map(([path, { mode }]) => [path, mode])).toEqual([
      ['/etc/kubernetes/audit/policy.yaml', 0o600],
      ['/etc/kubernetes/authentication-config.yaml', 0o600],
      [CONFIG, 0o600],
    ]);
    expect(Object.values(await verdicts(security, host)).map(({ status }) => status)).toEqual(
      Array(4).fill('done'),
    );
  });

  it('the key is in no plan and in one secret file, in a folder for root', async () => {
    const { 'encryption-config': verdict } = await verdicts(security, new FakeHost());
    expect(JSON.stringify(verdict)).not.toContain('secret:');
    const [folder, file] = await operationsOf(verdict);
    expect(folder).toEqual({ kind: 'mkdir', path: '/etc/kubernetes/encryption', mode: 0o700 });
    expect(file).toMatchObject({ kind: 'write', mode: 0o600, secret: true });
  });

  it('a file that others may read is closed again, with the same keys', async () => {
    const host = await prepared();
    const before = host.text(CONFIG);
    host.put(CONFIG, before!, 0o644);
    const [file] = await operationsOf((await verdicts(security, host))['encryption-config']);
    expect(file).toMatchObject({ content: before, mode: 0o600 });
  });

  it('keys that were lost with the manifest, but not the data of etcd, are not made anew', async () => {
    const host = new FakeHost();
    host.nodes.set('/var/lib/etcd/member', { type: 'directory', mode: 0o700, content: Buffer.alloc(0) });
    await expect(verdicts(security, host)).rejects.toMatchObject({ code: 'EncryptionKeyLost' });
    expect((await verdicts(security, host, off))['encryption-config']?.status).not.toBe('change');
  });

  it('keys that were lost under a running API server are not made anew', async () => {
    const host = new FakeHost();
    host.put(MANIFEST, `- --encryption-provider-config=${CONFIG}`);
    await expect(verdicts(security, host)).rejects.toMatchObject({ code: 'EncryptionKeyLost' });
  });

  const hosts = [
    { name: 'cp1', role: 'control-plane' as const, address: '192.168.77.11' },
    { name: 'cp2', role: 'control-plane' as const, address: '192.168.77.12' },
  ];

  it('what one of several control planes would write is read by the others, or not written', async () => {
    const host = new FakeHost();
    host.put(MANIFEST, '- kube-apiserver');
    await expect(verdicts(security, host, { hosts })).rejects.toMatchObject({
      code: 'EncryptionOnSeveralControlPlanes',
    });
    host.put(CONFIG, existing, 0o600);
    expect((await verdicts(security, host, { hosts }))['encryption-config']).toEqual({ status: 'done' });
  });

  it('the first of a cluster that is to have several makes the keys', async () => {
    const { 'encryption-config': verdict } = await verdicts(security, new FakeHost(), { hosts });
    expect(verdict?.status).toBe('change');
  });

  it('a further one takes those of the cluster, and makes none', async () => {
    const join = (shared: [string, Buffer][], etcd?: object) =>
      verdicts(security, new FakeHost(), { hosts }, { shared: new Map(shared), etcd });
    const brought = await join([[CONFIG, Buffer.from(existing)]], {});
    expect(brought['encryption-config']).toEqual({ status: 'done' });
    await expect(join([], {})).rejects.toMatchObject({ code: 'EncryptionOnSeveralControlPlanes' });
    expect((await join([]))['encryption-config']).toMatchObject({ status: 'deferred' });
  });

  it("a site's own configuration is its own matter", async () => {
    const input = { apiServer: { extraArgs: { 'encryption-provider-config': '/etc/own/kms.yaml' } } };
    expect(await verdicts(security, new FakeHost(), input)).not.toHaveProperty('encryption-config');
    expect(await verdicts(encryptSecrets, new FakeHost(), input)).toEqual({ secrets: { status: 'done' } });
  });
});

describe('Secrets are stored with the first key', () => {
  const summary = async (...args: Parameters<typeof verdicts> extends [unknown, ...infer R] ? R : never) => {
    const { secrets } = await verdicts(encryptSecrets, ...args);
    return secrets?.status === 'change' ? secrets.summary[0] : secrets?.status;
  };
  const encrypted = (text = existing): FakeHost => {
    const host = new FakeHost();
    host.put(CONFIG, text, 0o600);
    host.put('/var/lib/etcd/member', '');
    return host;
  };

  it('from the beginning in a new cluster', async () => {
    expect(await summary(new FakeHost())).toBe('record the key that Secrets are stored with');
  });

  it('anew where nobody recorded it, where it is another one, and where it changes in this run', async () => {
    const anew = 'store every Secret anew, with the key that comes first';
    expect(await summary(encrypted())).toBe(anew);
    expect(await summary(encrypted(), {}, { marker: 'secretbox/key-00000000' })).toBe(anew);
    expect(await summary(encrypted(), off, { marker: writingKey(existing) })).toBe(anew);
  });

  it('once', async () => {
    expect(await summary(encrypted(), {}, { marker: writingKey(existing) })).toBe('done');
    const plain = reviewEncryption(Buffer.from(existing), 'none').text();
    expect(await summary(encrypted(plain), off, { marker: 'identity' })).toBe('done');
  });

  it('or as ever, where no key was ever made', async () => {
    expect(await summary(new FakeHost(), off)).toBe('done');
  });
});
