import 'reflect-metadata';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { expect, it } from 'vitest';
import { poll } from '../../src/base/wait.ts';
import type { NodeContext } from '../../src/cluster/context.ts';
import { pkiContext } from '../../src/cluster/pki/context.ts';
import { issueLeaf } from '../../src/cluster/pki/issue.ts';
import { signingKey } from '../../src/cluster/pki/keys.ts';
import { planPki } from '../../src/cluster/pki/plan.ts';
import { requestServingCertificate } from '../../src/cluster/serving-certificate.ts';
import type { ApiClient, KubeObject } from '../../src/kube/port.ts';
import { fakeFacts } from '../fakes/fake-facts.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { exampleSpec } from '../unit/cluster/example.ts';
import { adminClient, withControlPlane } from './support/plane.ts';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const { spec, node } = exampleSpec({
  hosts: [{ name: 'w1', address: '192.0.2.21', nodeAddress: '192.0.2.21,fd00::21' }],
});
const clock = { host: Date.now(), here: Date.now() };

interface Asked extends KubeObject {
  spec: { request: string; username: string; groups: string[]; signerName: string; usages: string[] };
  status: { conditions?: { type: string }[]; certificate?: string };
}

withControlPlane('the serving certificate of a kubelet', () => {
  it("is asked for in the node's name, approved, and taken from the cluster's signer", async () => {
    const client = adminClient();
    const pki = pkiContext(spec, node, { now: new Date(), superAdmin: false });
    const { write, ca } = await planPki(pki, new Map());
    const asked = requestServingCertificate(context(client, ca, 20_000));
    const request = await approved(client);
    expect(request.spec).toMatchObject({
      username: 'system:node:w1',
      groups: ['system:nodes', 'system:authenticated'],
      signerName: 'kubernetes.io/kubelet-serving',
    });
    // What kube-controller-manager would do; the API tier has none.
    const csr = new x509.Pkcs10CertificateRequest(Buffer.from(request.spec.request, 'base64').toString());
    expect(await csr.verify()).toBe(true);
    const signer = (await signingKey(
      createPrivateKey(write.find(({ path }) => path.endsWith('/ca.key'))!.content),
    ))!;
    const authority = { pem: ca, certificate: new X509Certificate(ca), signer };
    const pair = { public: (await csr.publicKey.export()) as never, pem: '' };
    const certificate = await issueLeaf(pki.kubeletServing!, pair, authority, pki);
    await sign(client, request, certificate);
    const result = await asked;
    expect(result.certificate).toBe(certificate);
    expect(new X509Certificate(result.certificate).checkPrivateKey(createPrivateKey(result.key))).toBe(true);
    expect(csr.subject).toBe('O=system:nodes, CN=system:node:w1');
    await client.close();
  });

  it('says so where nobody signs', async () => {
    const client = adminClient();
    const pki = pkiContext(spec, node, { now: new Date(), superAdmin: false });
    const { ca } = await planPki(pki, new Map());
    await expect(requestServingCertificate(context(client, ca, 300))).rejects.toMatchObject({
      code: 'ServingCertificateTimeout',
    });
    await client.close();
  });
});

function context(client: ApiClient, ca: string, waitMs: number): NodeContext {
  const host = new FakeHost('w1');
  const facts = fakeFacts({ clock });
  return {
    spec,
    node,
    host,
    ca,
    facts,
    waitMs: () => waitMs,
    api: async () => client,
  } as unknown as NodeContext;
}

async function approved(client: ApiClient): Promise<Asked> {
  const found = await poll({ intervalMs: 50, timeoutMs: 10_000 }, async () => {
    const { body } = await client.request<{ items: Asked[] }>({ path: REQUESTS });
    return body.items.find(
      ({ status }) => status.conditions?.some(({ type }) => type === 'Approved') && !status.certificate,
    );
  });
  return found!;
}

async function sign(client: ApiClient, asked: Asked, certificate: string): Promise<void> {
  const status = { ...asked.status, certificate: Buffer.from(certificate).toString('base64') };
  await client.request({
    method: 'PUT',
    path: `${REQUESTS}/${asked.metadata.name}/status`,
    body: { ...asked, status },
  });
}
