import { createPrivateKey, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { caCertHash, caCertHashes } from '../../../../src/cluster/pki/hash.ts';
import { altNamesOf, subjectOf } from '../../../../src/cluster/pki/inspect.ts';
import { issueLeaf } from '../../../../src/cluster/pki/issue.ts';
import { generateKeyPair, serialNumber, signingKey } from '../../../../src/cluster/pki/keys.ts';
import { readKubeconfig } from '../../../../src/cluster/pki/kubeconfig.ts';
import { type PkiPlan, planPki } from '../../../../src/cluster/pki/plan.ts';
import { needPaths, reviewPki } from '../../../../src/cluster/pki/review.ts';
import { pkiPaths } from '../../../../src/cluster/pki/table.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import { exampleSpec } from '../example.ts';

const now = new Date('2026-11-23T12:00:00Z');
const YEAR = 365 * 24 * 3_600_000;
const PKI = '/etc/kubernetes/pki';
const SERVING_CERT = '/var/lib/kubelet/pki/kubelet.crt';
let first: PkiPlan;
beforeAll(async () => {
  first = await planPki(context(), new Map());
});

describe('planPki', () => {
  it('makes everything from nothing, keys before certificates, in private files', () => {
    expect(first.problems).toEqual([]);
    expect(first.write.filter(({ secret }) => secret).every(({ mode }) => mode === 0o600)).toBe(true);
    expect(first.write.find(({ path }) => path === `${PKI}/apiserver.crt`)?.mode).toBe(0o644);
    const paths = first.write.map(({ path }) => path);
    expect(paths.indexOf(`${PKI}/ca.key`)).toBeLessThan(paths.indexOf(`${PKI}/ca.crt`));
    expect(first.links).toEqual([
      {
        path: '/var/lib/kubelet/pki/kubelet-client-current.pem',
        target: '/var/lib/kubelet/pki/kubelet-client-2026-11-23-12-00-00.pem',
      },
    ]);
    expect([...onDisk(first).keys()].sort()).toEqual(expect.arrayContaining([...pkiPaths(context())].sort()));
  });

  it('changes nothing the second time', async () => {
    const again = await planPki(context(), onDisk(first));
    expect(again).toEqual({ write: [], links: [], problems: [], ca: first.ca, caHash: first.caHash });
  });

  it('writes exactly what the review announced', async () => {
    const files = onDisk(first);
    files.delete(`${PKI}/etcd/peer.crt`);
    files.delete('/etc/kubernetes/scheduler.conf');
    const announced = reviewPki(context(), files).needs.flatMap(needPaths);
    const { write } = await planPki(context(), files);
    expect(write.map(({ path }) => path)).toEqual(announced);
    expect(announced).toEqual([
      `${PKI}/etcd/peer.key`,
      `${PKI}/etcd/peer.crt`,
      '/etc/kubernetes/scheduler.conf',
    ]);
  });

  it('B39: issues leaves anew when they have expired, and leaves the CAs alone', async () => {
    const later = new Date(now.getTime() + YEAR + 60_000);
    const { write, ca } = await planPki(context({}, later), onDisk(first));
    expect(write.every(({ why }) => why.startsWith('expired'))).toBe(true);
    expect(write.map(({ path }) => path).filter((path) => /ca\.(crt|key)$|sa\./.test(path))).toEqual([]);
    expect(write).toHaveLength((7 + 1) * 2 + 4 + 1);
    expect(ca).toBe(first.ca);
  });

  it('B29: issues the API server certificate alone anew when a name is added', async () => {
    const { write } = await planPki(context({ certSANs: ['new.example.com'] }), onDisk(first));
    expect(write.map(({ path }) => path)).toEqual([`${PKI}/apiserver.key`, `${PKI}/apiserver.crt`]);
    expect(write[0]?.why).toContain('new.example.com');
  });

  it('replaces a leaf whose key belongs to another', async () => {
    const files = onDisk(first);
    files.set(`${PKI}/apiserver.key`, files.get(`${PKI}/etcd/server.key`)!);
    const { write } = await planPki(context(), files);
    expect(write.map(({ path, why }) => [path, why])).toEqual([
      [`${PKI}/apiserver.key`, 'its key is another one'],
      [`${PKI}/apiserver.crt`, 'its key is another one'],
    ]);
  });

  it('replaces what another CA of the same name signed', async () => {
    const other = await planPki(context(), new Map());
    const files = onDisk(first);
    for (const name of ['apiserver.crt', 'apiserver.key']) {
      files.set(`${PKI}/${name}`, onDisk(other).get(`${PKI}/${name}`)!);
    }
    const { write } = await planPki(context(), files);
    expect(write.map(({ why }) => why)).toEqual(['signed by another CA', 'signed by another CA']);
  });

  it('keeps the certificate in a kubeconfig when only its server changed', async () => {
    const before = readKubeconfig(file(first, '/etc/kubernetes/admin.conf'))!;
    const { write } = await planPki(context({ endpoint: { port: 8443 } }), onDisk(first));
    const after = readKubeconfig(write.find(({ path }) => path.endsWith('/admin.conf'))!.content)!;
    expect(after.server).toBe('https://kubernetes.kubewright.internal:8443');
    expect([after.certificate, after.key]).toEqual([before.certificate, before.key]);
  });

  it('derives a missing sa.pub from sa.key', async () => {
    const files = onDisk(first);
    files.delete(`${PKI}/sa.pub`);
    const { write } = await planPki(context(), files);
    expect(write.map(({ path, content }) => [path, content])).toEqual([
      [`${PKI}/sa.pub`, file(first, `${PKI}/sa.pub`)],
    ]);
  });

  it('certifies a CA key whose certificate a killed run did not write, and never replaces the key', async () => {
    const files = onDisk(first);
    const before = new X509Certificate(files.get(`${PKI}/etcd/ca.crt`)!);
    files.delete(`${PKI}/etcd/ca.crt`);
    const { write, problems } = await planPki(context(), files);
    expect(problems).toEqual([]);
    expect(write.map(({ path }) => path)).not.toContain(`${PKI}/etcd/ca.key`);
    const after = new X509Certificate(write.find(({ path }) => path === `${PKI}/etcd/ca.crt`)!.content);
    expect(after.publicKey.equals(before.publicKey)).toBe(true);
    expect(before.verify(after.publicKey)).toBe(true);
  });

  it("takes the cluster's CA certificate back from a kubeconfig where somebody deleted it, and issues nothing else", async () => {
    const files = onDisk(first);
    files.delete(`${PKI}/ca.crt`);
    const { write, problems } = await planPki(context(), files);
    expect(problems).toEqual([]);
    expect(write.map(({ path, content }) => [path, content.trim()])).toEqual([
      [`${PKI}/ca.crt`, file(first, `${PKI}/ca.crt`).trim()],
    ]);
  });

  it.each([['ca.crt', 'ca.key'], ['ca.crt']])(
    'never makes a second CA where kubeconfigs trust one: %j is gone',
    async (...gone) => {
      const files = onDisk(first);
      for (const name of gone) files.delete(`${PKI}/${name}`);
      if (gone.length === 1) files.set(`${PKI}/ca.key`, files.get(`${PKI}/etcd/ca.key`)!);
      const { write, problems } = await planPki(context(), files);
      expect(write).toEqual([]);
      expect(problems.map(({ code }) => code)).toContain('CaLost');
    },
  );

  it("gives the kubelet a serving certificate of the cluster's CA, with the node's name and addresses", async () => {
    const certificate = new X509Certificate(file(first, SERVING_CERT));
    expect(subjectOf(certificate).sort()).toEqual(['CN=system:node:cp1', 'O=system:nodes']);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(altNamesOf(certificate)).toEqual(['cp1', '192.168.77.11']);
    expect(certificate.verify(new X509Certificate(first.ca).publicKey)).toBe(true);
    const modes = first.write.filter(({ path }) => path.startsWith('/var/lib/kubelet/pki/kubelet.'));
    expect(modes.map(({ path, mode, secret }) => [path, mode, secret])).toEqual([
      ['/var/lib/kubelet/pki/kubelet.key', 0o600, true],
      [SERVING_CERT, 0o644, false],
    ]);
  });

  it('renews that certificate before its end, which nothing else does, and when the address is another', async () => {
    const late = new Date(now.getTime() + 0.85 * YEAR);
    const { write } = await planPki(context({}, late), onDisk(first));
    expect(write.map(({ path }) => path)).toEqual(['/var/lib/kubelet/pki/kubelet.key', SERVING_CERT]);
    expect(write[0]?.why).toMatch(/^ends on /);
    const moved = { hosts: [{ name: 'cp1', role: 'control-plane' as const, address: '192.168.77.12' }] };
    const paths = reviewPki(context(moved), onDisk(first)).needs.flatMap(needPaths);
    expect(paths).toContain(SERVING_CERT);
  });

  it('takes the place of the certificate that a kubelet signed itself', async () => {
    const other = await planPki(context(), new Map());
    const files = onDisk(first);
    for (const path of [SERVING_CERT, SERVING_CERT.replace('.crt', '.key')])
      files.set(path, Buffer.from(file(other, path)));
    const { write } = await planPki(context(), files);
    expect(write.map(({ path, why }) => [path, why])).toEqual([
      ['/var/lib/kubelet/pki/kubelet.key', 'signed by another CA'],
      [SERVING_CERT, 'signed by another CA'],
    ]);
  });

  it('leaves it to the kubelet where it is to sign its own', async () => {
    const selfSigned = { security: { kubeletServingCertificates: 'self-signed' as const } };
    const { write } = await planPki(context(selfSigned), new Map());
    expect(write.some(({ path }) => path.startsWith('/var/lib/kubelet/pki/kubelet.'))).toBe(false);
  });

  it('writes no super-admin.conf where it joins', async () => {
    const joining = { ...context(), superAdmin: false };
    const { write } = await planPki(joining, new Map());
    expect(write.some(({ path }) => path.endsWith('super-admin.conf'))).toBe(false);
  });
});

describe('what only a person can decide', () => {
  it.each([
    ['ca.key', 'CaIncomplete', `${PKI}/ca.crt is there, but ${PKI}/ca.key is not.`],
    ['sa.key', 'ServiceAccountKeyUnusable', `${PKI}/sa.pub is there, but ${PKI}/sa.key is not.`],
  ])('%s is missing', async (name, code, message) => {
    const files = onDisk(first);
    files.delete(`${PKI}/${name}`);
    const plan = await planPki(context(), files);
    expect(plan.write).toEqual([]);
    expect(plan.problems.map((problem) => [problem.code, problem.message])).toEqual([[code, message]]);
  });

  it.each([
    ['another key', 'ca.key', 'front-proxy-ca.key', 'does not belong to'],
    ['no CA', 'ca.crt', 'apiserver.crt', 'is not the certificate of a CA'],
  ])('the CA pair has %s', async (_, name, replacement, words) => {
    const files = onDisk(first);
    files.set(`${PKI}/${name}`, files.get(`${PKI}/${replacement}`)!);
    const plan = await planPki(context(), files);
    expect(plan.write).toEqual([]);
    expect(plan.problems[0]?.message).toContain(words);
  });

  it('the CA is not readable', async () => {
    const files = onDisk(first).set(`${PKI}/ca.crt`, Buffer.from('rubbish'));
    expect((await planPki(context(), files)).problems[0]?.message).toBe(
      `${PKI}/ca.crt is not a certificate.`,
    );
  });

  it('the CA has expired', async () => {
    const plan = await planPki(context({}, new Date(now.getTime() + 11 * YEAR)), onDisk(first));
    expect(plan.problems.map(({ code }) => code)).toEqual(['CaUnusable', 'CaUnusable', 'CaUnusable']);
  });
});

describe('issuing', () => {
  it('puts every name and subject in, whatever they are', async () => {
    const pair = await generateKeyPair('ECDSA-P256');
    const signer = (await signingKey(createPrivateKey(file(first, `${PKI}/ca.key`))))!;
    const authority = { pem: first.ca, certificate: new X509Certificate(first.ca), signer };
    const label = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
    const dns = fc.uniqueArray(
      fc.array(label, { minLength: 1, maxLength: 4 }).map((parts) => `${parts.join('.')}.x`),
    );
    const ip = fc.uniqueArray(fc.oneof(fc.ipV4(), fc.constantFrom('::1', 'fd00::1', '2001:db8::7:0')));
    const organizations = fc.uniqueArray(fc.stringMatching(/^[a-z:-]{1,30}$/), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(dns, ip, organizations, async (dns, ip, organizations) => {
        const identity = {
          ca: 'ca' as const,
          commonName: 'system:node:n',
          organizations,
          usages: ['client' as const],
          sans: { dns, ip },
        };
        const certificate = new X509Certificate(await issueLeaf(identity, pair, authority, context()));
        expect(altNamesOf(certificate)).toEqual([...dns, ...ip]);
        expect(subjectOf(certificate).sort()).toEqual(
          ['CN=system:node:n', ...organizations.map((name) => `O=${name}`)].sort(),
        );
        expect(certificate.verify(new X509Certificate(first.ca).publicKey)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('B22: every certificate holds from five minutes before now: the clocks of hosts need not agree to the second', () => {
    const pems = first.write.filter(({ content }) => content.startsWith('-----BEGIN CERTIFICATE'));
    expect(pems.length).toBeGreaterThan(8);
    for (const { content, path } of pems)
      expect(new X509Certificate(content).validFromDate.getTime(), path).toBe(now.getTime() - 300_000);
  });

  it('gives no leaf a longer life than its CA', async () => {
    const nearEnd = new Date(now.getTime() + 3650 * 24 * 3_600_000 - 24 * 3_600_000);
    const { write } = await planPki(context({}, nearEnd), onDisk(first));
    const leaf = new X509Certificate(write.find(({ path }) => path.endsWith('/apiserver.crt'))!.content);
    expect(leaf.validTo).toBe(new X509Certificate(first.ca).validTo);
  });

  it('keeps serial numbers within [1, 2^63) and in their shortest form', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (bytes) => {
        const hex = serialNumber(() => Buffer.from(bytes));
        const value = BigInt(`0x${hex}`);
        expect(value >= 1n && value < 1n << 63n).toBe(true);
        expect(hex.length % 2).toBe(0);
        expect(hex.startsWith('00')).toBe(false);
      }),
    );
  });

  it('hashes the public key as kubeadm does, each of a bundle', () => {
    expect(caCertHash(first.ca)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(caCertHashes(first.ca + first.ca)).toEqual([first.caHash, first.caHash]);
  });
});

function context(input: ClusterSpecInput = {}, at = now) {
  const { spec, node } = exampleSpec(input);
  return pkiContext(spec, node, { now: at, superAdmin: true });
}

/** What a host holds after the plan was carried out; links read as what they point at. */
function onDisk(plan: PkiPlan): Map<string, Buffer> {
  const files = new Map(plan.write.map(({ path, content }) => [path, Buffer.from(content)]));
  for (const { path, target } of plan.links) files.set(path, files.get(target)!);
  return files;
}

function file(plan: PkiPlan, path: string): string {
  return plan.write.find((candidate) => candidate.path === path)!.content;
}
