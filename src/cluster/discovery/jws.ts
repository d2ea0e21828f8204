import { createHmac, timingSafeEqual } from 'node:crypto';
import type { TokenParts } from '../manifests/bootstrap-token.ts';

/**
 * The signature that kube-controller-manager's bootstrapsigner puts beside the kubeconfig in cluster-info: a compact
 * JWS (HS256) whose content is left out (RFC 7515, appendix F; k8s.io/cluster-bootstrap/token/jws).
 */
export function detachedSignature(content: string, { id, secret }: TokenParts): string {
  const header = base64url(JSON.stringify({ alg: 'HS256', kid: id }));
  const signed = `${header}.${base64url(content)}`;
  return `${header}..${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** Whether somebody who knows the token's secret signed exactly this content. */
export function isSignedWith(token: TokenParts, content: string, signature: string): boolean {
  const [wanted, given] = [Buffer.from(detachedSignature(content, token)), Buffer.from(signature)];
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url');
}
