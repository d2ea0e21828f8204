import { createHash, X509Certificate } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import {
  type Kubeconfig,
  type KubeconfigEntry,
  listedServers,
  mergeIntoKubeconfig,
  rememberServers,
  removeFromKubeconfig,
  serversExtension,
} from '../kube/kubeconfig.ts';
import { isSameCa } from './pki/hash.ts';

/** What a user needs to reach a cluster: PEM texts and addresses that work from where the user is. */
export interface UserAccess {
  cluster: string;
  server: string;
  /** Every API server, this one among them. */
  servers: readonly string[];
  ca: string;
  certificate: string;
  key: string;
}

/**
 * Puts the cluster into the file as `kubernetes-admin@NAME` and makes it the current context. A context of that name
 * that belongs to another cluster stays: ours then gets a part of its CA's fingerprint. Returns the context's name.
 */
export async function addToKubeconfig(
  file: string,
  existing: Kubeconfig | undefined,
  access: UserAccess,
): Promise<string> {
  const name = freeName(existing, access);
  const context = `kubernetes-admin@${name}`;
  const entry: KubeconfigEntry = {
    context,
    clusterName: name,
    userName: context,
    cluster: {
      server: access.server,
      'certificate-authority-data': base64(access.ca),
      extensions: [serversExtension(ownFirst(access.server, access.servers))],
    },
    user: {
      'client-certificate-data': base64(access.certificate),
      'client-key-data': base64(access.key),
    },
    setCurrent: true,
  };
  await mergeIntoKubeconfig(file, entry);
  return context;
}

/**
 * Brings up to date which API servers the cluster with this CA has, in every entry that kubewright wrote: others are not
 * ours to touch. An entry whose own server is gone gets another one. Returns the entries that changed.
 */
export async function updateServers(
  existing: Kubeconfig,
  ca: string,
  change: (listed: readonly string[]) => readonly string[],
): Promise<string[]> {
  const changed: string[] = [];
  for (const { name, file, value } of existing.clusters.values()) {
    const listed = listedServers(value)?.filter((each) => typeof each === 'string');
    if (!listed || !isSameCa(fromBase64(value['certificate-authority-data']), ca)) continue;
    const servers = change(listed);
    if (servers.length === 0) continue;
    // One that was never listed is the user's own: a balancer, a name in DNS.
    const stays = servers.includes(value.server) || !listed.includes(value.server);
    const server = stays ? value.server : servers[0]!;
    const wanted = ownFirst(server, servers);
    if (server === value.server && isDeepStrictEqual(wanted, listed)) continue;
    await rememberServers(file, name, { server, servers: wanted });
    changed.push(name);
  }
  return changed;
}

const ownFirst = (own: string, servers: readonly string[]): string[] => [
  ...servers.filter((each) => each === own),
  ...servers.filter((each) => each !== own),
];

/** Takes out every context of ours for the cluster with this CA. */
export async function removeCluster(file: string, existing: Kubeconfig, ca: string): Promise<string[]> {
  const clusters = [...existing.clusters.values()].filter(
    ({ value, file: at }) => at === file && isSameCa(fromBase64(value['certificate-authority-data']), ca),
  );
  const gone = [...existing.contexts.values()].filter(
    (context) => context.file === file && clusters.some((cluster) => cluster.name === context.value.cluster),
  );
  for (const { name } of gone) await removeFromKubeconfig(file, name);
  return gone.map(({ name }) => name);
}

function freeName(existing: Kubeconfig | undefined, { cluster, ca }: UserAccess): string {
  const taken = existing?.clusters.get(cluster)?.value['certificate-authority-data'];
  if (taken === undefined || isSameCa(fromBase64(taken), ca)) return cluster;
  const fingerprint = createHash('sha256').update(new X509Certificate(ca).raw).digest('hex');
  return `${cluster}-${fingerprint.slice(0, 8)}`;
}

function fromBase64(text: string | undefined): string | undefined {
  return text === undefined ? undefined : Buffer.from(text, 'base64').toString();
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
