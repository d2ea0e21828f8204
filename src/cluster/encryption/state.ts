import { KubewrightError } from '../../base/errors.ts';
import type { Seen } from '../../engine/seen.ts';
import type { Host, Query } from '../../host/port.ts';
import type { ControlPlaneContext } from '../context.ts';
import { staticPodPath } from '../manifests/static-pods.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { ENCRYPTION_CONFIG, type EncryptionReview, reviewEncryption } from './config.ts';

const MANIFEST = staticPodPath('kube-apiserver');

export const encryptionLook: readonly Query[] = [
  { kind: 'file', path: ENCRYPTION_CONFIG, content: true },
  { kind: 'file', path: MANIFEST, content: true },
];

/** The site has an EncryptionConfiguration of its own, at a place of its own: then it is its matter alone. */
export function isForeign({ apiServer }: ClusterSpec): boolean {
  const path = apiServer.extraArgs['encryption-provider-config'];
  return path !== undefined && path !== ENCRYPTION_CONFIG;
}

/** Of this host, from what was seen of it: whether the API server reads an EncryptionConfiguration of ours. */
export function readsConfig(spec: ClusterSpec, seen: Seen): boolean {
  if (isForeign(spec)) return false;
  return spec.security.encryptSecrets !== 'none' || foundConfig(seen) !== undefined;
}

/** The same, asked now. */
export async function readsConfigNow(spec: ClusterSpec, host: Host): Promise<boolean> {
  if (isForeign(spec)) return false;
  if (spec.security.encryptSecrets !== 'none') return true;
  const [{ type }] = await host.inspect([{ kind: 'file', path: ENCRYPTION_CONFIG }]);
  return type === 'file';
}

export function foundConfig(seen: Seen): Buffer | undefined {
  return seen.file(ENCRYPTION_CONFIG, { content: true }).content;
}

/** What has to become of the file on this host; throws what only a person can decide. */
export function reviewHost({ spec, node }: ControlPlaneContext, seen: Seen): EncryptionReview {
  const found = foundConfig(seen);
  const manifest = seen.file(MANIFEST, { content: true }).content?.toString('utf8') ?? '';
  if (!found && manifest.includes(`--encryption-provider-config=${ENCRYPTION_CONFIG}`)) throw lost();
  const review = reviewEncryption(found, spec.security.encryptSecrets);
  const others = spec.hosts.filter(({ role, name }) => role === 'control-plane' && name !== node.name);
  if (review.why && others.length > 0) throw severalControlPlanes(others.map(({ name }) => name));
  return review;
}

function lost(): KubewrightError {
  return new KubewrightError({
    code: 'EncryptionKeyLost',
    message: `${ENCRYPTION_CONFIG} is not there, but the API server of this host reads Secrets with the keys in it.`,
    hint: 'Put it back from a backup or from another control-plane host. With new keys no Secret of the cluster could be read any more.',
    exit: 'preflight',
  });
}

/** Each API server has to be able to read what the others write, before the first of them writes it. */
function severalControlPlanes(others: string[]): KubewrightError {
  return new KubewrightError({
    code: 'EncryptionOnSeveralControlPlanes',
    message: `How Secrets are encrypted cannot be changed while ${others.join(', ')} ${others.length > 1 ? 'are control planes' : 'is a control plane'} too: it would not be able to read what this host writes.`,
    hint: 'Leave security.encryptSecrets as it is recorded; or reset the other control planes, change it here, and join them again.',
    exit: 'preflight',
  });
}
