import { X509Certificate } from 'node:crypto';
import { KubewrightError } from '../base/errors.ts';
import { poll } from '../base/wait.ts';
import type { ApiClient, KubeObject } from '../kube/port.ts';
import type { NodeContext } from './context.ts';
import { leafFault } from './pki/inspect.ts';
import { kubeletServingIdentity } from './pki/kubelet-serving.ts';
import { certificateRequest } from './pki/request.ts';
import type { Identity } from './pki/table.ts';

const REQUESTS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

interface SigningRequest extends KubeObject {
  status?: {
    certificate?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
  };
}

/**
 * A certificate for the kubelet's HTTPS from the cluster's own signer (kubernetes.io/kubelet-serving), for a key that
 * is made here. Asked for in the node's name, so that it reads as if the kubelet had asked, and approved as the
 * administrator, who knows the host: the connection to it is his.
 */
export async function requestServingCertificate(
  { api, node, spec, host, ca, waitMs, facts }: NodeContext,
  signal?: AbortSignal,
): Promise<{ certificate: string; key: string }> {
  const client = await api();
  const identity = kubeletServingIdentity(node);
  const { key, request } = await certificateRequest(identity, spec.encryptionAlgorithm);
  const asked = await ask(client, identity, request);
  await approve(client, asked);
  const name = asked.metadata.name!;
  const timeoutMs = waitMs('tlsBootstrap');
  const certificate = await poll({ intervalMs: 100, timeoutMs, ...(signal ? { signal } : {}) }, () =>
    issued(client, name),
  );
  if (!certificate) throw notIssued(host.name, name, timeoutMs);
  const fault = leafFault(identity, certificate, key, new X509Certificate(ca), new Date(facts.clock.here));
  if (fault) throw unusable(host.name, name, fault);
  return { certificate, key };
}

async function ask(client: ApiClient, identity: Identity, request: string): Promise<SigningRequest> {
  const { body } = await client.request<SigningRequest>({
    method: 'POST',
    path: REQUESTS,
    impersonate: { user: identity.commonName, groups: ['system:nodes', 'system:authenticated'] },
    body: {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { generateName: 'kubelet-serving-' },
      spec: {
        request: Buffer.from(request).toString('base64'),
        signerName: 'kubernetes.io/kubelet-serving',
        usages: ['digital signature', 'key encipherment', 'server auth'],
      },
    },
  });
  return body;
}

async function approve(client: ApiClient, asked: SigningRequest): Promise<void> {
  const approved = {
    type: 'Approved',
    status: 'True',
    reason: 'KubewrightJoin',
    message: 'The key was made for this host by the kubewright that is joining it.',
  };
  await client.request({
    method: 'PUT',
    path: `${REQUESTS}/${asked.metadata.name}/approval`,
    body: { ...asked, status: { conditions: [...(asked.status?.conditions ?? []), approved] } },
  });
}

/** The signed PEM, once it is there. */
async function issued(client: ApiClient, name: string): Promise<string | undefined> {
  const { body } = await client.request<SigningRequest>({ path: `${REQUESTS}/${name}` });
  const refused = body.status?.conditions?.find(({ type }) => type === 'Denied' || type === 'Failed');
  if (refused) {
    throw new KubewrightError({
      code: 'ServingCertificateRefused',
      message: `CertificateSigningRequest ${name} was ${refused.type.toLowerCase()}: ${refused.message ?? refused.reason ?? ''}`,
      hint: 'Something else in the cluster decides on such requests; let it pass those of the kubelets, or set security.kubeletServingCertificates to self-signed.',
      exit: 'step',
    });
  }
  const { certificate } = body.status ?? {};
  return certificate ? Buffer.from(certificate, 'base64').toString('utf8') : undefined;
}

function notIssued(host: string, name: string, timeoutMs: number): KubewrightError {
  return new KubewrightError({
    code: 'ServingCertificateTimeout',
    message: `CertificateSigningRequest ${name} was approved, but not signed within ${Math.round(timeoutMs / 1000)} s.`,
    host,
    hint: 'kube-controller-manager signs: is it running, with the key of the CA? The same command again takes up here.',
    exit: 'timeout',
  });
}

function unusable(host: string, name: string, fault: string): KubewrightError {
  return new KubewrightError({
    code: 'ServingCertificateUnusable',
    message: `The certificate that came of CertificateSigningRequest ${name} cannot be used: ${fault}.`,
    host,
    hint: "kube-controller-manager's --cluster-signing-cert-file has to be the cluster's CA; or set security.kubeletServingCertificates to self-signed.",
    exit: 'step',
  });
}
