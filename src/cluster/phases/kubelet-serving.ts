import { X509Certificate } from 'node:crypto';
import type { Phase } from '../../engine/phase.ts';
import type { Seen } from '../../engine/seen.ts';
import { done, type Step, type Verdict } from '../../engine/step.ts';
import type { JoinContext, NodeContext } from '../context.ts';
import { announcePair } from '../pki/announce.ts';
import {
  KUBELET_SERVING_CERT,
  KUBELET_SERVING_KEY,
  KUBELET_SERVING_NAME,
  kubeletServingIdentity,
  servingFault,
} from '../pki/kubelet-serving.ts';
import { requestServingCertificate } from '../serving-certificate.ts';

/**
 * The certificate of a worker's kubelet, from the cluster's CA, in place before the kubelet would sign its own. Not for
 * joins without an administrator's rights: their kubelets go on signing their own (docs/adr/0014).
 */
export const kubeletServing: Phase<JoinContext> = {
  name: 'kubelet-serving',
  title: "Issue the kubelet's serving certificate",
  after: ['kubelet-install'],
  steps: (context) =>
    context.administrator && context.spec.security.kubeletServingCertificates === 'cluster-ca'
      ? [servingStep(context)]
      : [],
};

/** What kube-controller-manager gives where nothing else is asked for (--cluster-signing-duration). */
const validity = 365 * 24 * 3_600_000;

/** In the plan of a cluster that is to be made. */
const notYet: Verdict = {
  status: 'deferred',
  on: 'the first control plane',
  why: "the cluster's CA is not there yet",
  targets: [KUBELET_SERVING_KEY, KUBELET_SERVING_CERT],
};

function servingStep(context: NodeContext): Step {
  return {
    name: 'certificate',
    look: [KUBELET_SERVING_CERT, KUBELET_SERVING_KEY].map((path) => ({ kind: 'file', path, content: true })),
    check: (seen) => {
      if (context.ca === '') return notYet;
      const why = faultOf(context, seen);
      if (!why) return done;
      return {
        status: 'change',
        summary: [`issue ${KUBELET_SERVING_CERT} (${why})`],
        change: { kind: 'operations', operations: (signal) => operations(context, signal) },
        announce: announcePair(KUBELET_SERVING_NAME, kubeletServingIdentity(context.node), why, validity),
      };
    },
  };
}

function faultOf({ node, ca, facts }: NodeContext, seen: Seen): string | undefined {
  const [certificate, key] = [KUBELET_SERVING_CERT, KUBELET_SERVING_KEY].map(
    (path) => seen.file(path, { content: true }).content,
  );
  const pair = { certificate, key };
  return servingFault(
    kubeletServingIdentity(node),
    pair,
    new X509Certificate(ca),
    new Date(facts.clock.here),
  );
}

async function operations(context: NodeContext, signal: AbortSignal | undefined) {
  const { certificate, key } = await requestServingCertificate(context, signal);
  // The key first, as everywhere: a certificate without its key is of no use to anybody.
  return [
    { kind: 'write' as const, path: KUBELET_SERVING_KEY, mode: 0o600, content: key, secret: true },
    { kind: 'write' as const, path: KUBELET_SERVING_CERT, mode: 0o644, content: certificate },
  ];
}
