import { KubewrightError } from '../../base/errors.ts';
import type { Seen } from '../../engine/seen.ts';
import type { Host, Query } from '../../host/port.ts';
import type { ControlPlaneContext, JoinControlPlaneContext, NodeContext } from '../context.ts';
import { staticPodPath } from '../manifests/static-pods.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { ENCRYPTION_CONFIG, type EncryptionReview, reviewEncryption } from './config.ts';

const MANIFEST = staticPodPath('kube-apiserver');

/** What etcd has made of its folder: it holds what was written with the keys. */
const member = ({ etcd }: ClusterSpec): string => `${etcd.dataDir}/member`;

export function encryptionLook(spec: ClusterSpec): readonly Query[] {
  return [
    { kind: 'file', path: ENCRYPTION_CONFIG, content: true },
    { kind: 'file', path: MANIFEST, content: true },
    { kind: 'file', path: member(spec) },
  ];
}

/** The site has an EncryptionConfiguration of its own, at a place of its own: then it is its matter alone. */
export function isForeign({ apiServer }: ClusterSpec): boolean {
  const path = apiServer.extraArgs['encryption-provider-config'];
  return path !== undefined && path !== ENCRYPTION_CONFIG;
}

/** Whether the API server of this host reads an EncryptionConfiguration of ours. */
export function readsConfig(context: NodeContext, seen: Seen): boolean {
  const { spec } = context;
  if (isForeign(spec)) return false;
  return spec.security.encryptSecrets !== 'none' || foundConfig(context, seen) !== undefined;
}

/** The same, asked now. */
export async function readsConfigNow(spec: ClusterSpec, host: Host): Promise<boolean> {
  if (isForeign(spec)) return false;
  if (spec.security.encryptSecrets !== 'none') return true;
  const [{ type }] = await host.inspect([{ kind: 'file', path: ENCRYPTION_CONFIG }]);
  return type === 'file';
}

/** What the cluster has, which is on its way here; what is here already elsewhere. */
export function foundConfig(context: Partial<JoinControlPlaneContext>, seen: Seen): Buffer | undefined {
  return context.shared?.get(ENCRYPTION_CONFIG) ?? seen.file(ENCRYPTION_CONFIG, { content: true }).content;
}

/** What has to become of the file on this host; throws what only a person can decide. */
export function reviewHost(context: ControlPlaneContext, seen: Seen): EncryptionReview {
  const { spec, node } = context;
  const found = foundConfig(context, seen);
  const manifest = seen.file(MANIFEST, { content: true }).content?.toString('utf8');
  if (!found && manifest?.includes(`--encryption-provider-config=${ENCRYPTION_CONFIG}`)) throw lost();
  // Keys are there before etcd first starts: with its data and without a manifest they were lost with that.
  const data = spec.etcd.external === undefined && seen.file(member(spec)).type !== 'absent';
  const wanted = spec.security.encryptSecrets !== 'none';
  if (!found && manifest === undefined && data && wanted && !isJoining(context)) throw lost();
  const review = reviewEncryption(found, spec.security.encryptSecrets);
  const others = spec.hosts.filter(({ role, name }) => role === 'control-plane' && name !== node.name);
  // One that runs nothing yet is the first of its cluster, whatever the cluster is to have later.
  const alone = others.length === 0 || (manifest === undefined && !isJoining(context));
  if (review.why && !alone) throw severalControlPlanes(others.map(({ name }) => name));
  return review;
}

export function isJoining(context: Partial<JoinControlPlaneContext>): boolean {
  return context.shared !== undefined;
}

function lost(): KubewrightError {
  return new KubewrightError({
    code: 'EncryptionKeyLost',
    message: `${ENCRYPTION_CONFIG} is not there, but what etcd has on this host was written with the keys in it.`,
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
