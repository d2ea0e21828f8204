import { parse } from 'yaml';
import { KubewrightError } from '../../base/errors.ts';
import type { Seen } from '../../engine/seen.ts';
import type { Query } from '../../host/port.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { storedText } from '../etcd/stored-config-map.ts';
import type { Pod } from '../manifests/pod-types.ts';
import { argumentOf } from '../manifests/static-pods/mutators.ts';
import { staticPodPath } from '../manifests/static-pods.ts';
import { RECORD_DATA, RECORD_ETCD_KEY, RECORD_PATH, recordIn } from '../record.ts';
import type { ClusterSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

const MANIFEST = staticPodPath('kube-apiserver');
/** Where API servers keep everything (k8s.io/apiserver, the default --etcd-prefix). */
const PREFIX = '/registry/';

/** What the host has of a cluster that it belongs to. */
interface OwnTraces {
  /** The API server's manifest. */
  manifest: Buffer | undefined;
  recorded: ClusterSpec | undefined;
}

export interface AboutContents extends OwnTraces {
  spec: ClusterSpec;
  /** It is a node of the cluster: what does not keep it from working now is no reason to refuse anything. */
  running: boolean;
  /** It comes to a cluster that is there. */
  joining: boolean;
}

const QUERIES = {
  manifest: { kind: 'file', path: MANIFEST, content: true },
  record: { kind: 'file', path: RECORD_PATH, content: true },
} as const;

export function ownTracesLook({ etcd }: ClusterSpec): Query[] {
  return etcd.external ? Object.values(QUERIES) : [];
}

export function ownTraces(seen: Seen): OwnTraces {
  const content = ({ path }: { path: string }) => seen.file(path, { content: true }).content;
  return { manifest: content(QUERIES.manifest), recorded: recordIn(content(QUERIES.record)) };
}

/** What it holds has to be this cluster's, or nothing. */
export async function contentFindings(etcd: EtcdClient, about: AboutContents): Promise<Finding[]> {
  try {
    return await strangers(etcd, about);
  } catch (error) {
    if (!(error instanceof KubewrightError)) throw error;
    return [
      finding(
        'ExternalEtcd',
        `what the external etcd holds could not be read: ${error.message}`,
        'let its client read and write everything: the API server has to',
      ),
    ];
  }
}

async function strangers(etcd: EtcdClient, about: AboutContents): Promise<Finding[]> {
  const before = about.manifest && serversIn(about.manifest);
  if (before === undefined) return about.joining || about.running ? [] : foreign(etcd, about);
  const same = sorted(before.split(',')) === sorted(about.spec.etcd.external?.endpoints ?? []);
  if (same || (await etcd.read(RECORD_ETCD_KEY)) !== undefined) return [];
  return [
    finding(
      'ExternalEtcdData',
      `the etcd that is named now does not hold this cluster, which the one at ${before} does`,
      'name members of the same etcd, or restore a snapshot of it there first',
    ),
  ];
}

/** The cluster's own data is what should be there, with the API server's manifest gone too. */
async function foreign(etcd: EtcdClient, { recorded }: AboutContents): Promise<Finding[]> {
  const value = await etcd.read(RECORD_ETCD_KEY);
  const there = recordIn(textOf(value));
  if (there && recorded && isSame(there, recorded)) return [];
  if (!value && !(await etcd.hasBelow(PREFIX))) return [];
  const [what, into] = there
    ? [
        `the cluster "${there.name}" (${controlPlanes(there).join(', ')})`,
        `to bring this host into "${there.name}"`,
      ]
    : [`a Kubernetes cluster (keys below ${PREFIX})`, 'to bring this host into it'];
  return [
    finding(
      'ExternalEtcdData',
      `the external etcd already holds ${what}`,
      `name another etcd; ${into}: kubewright join HOST --control-plane; if nobody needs that cluster any more, and with a backup at hand: etcdctl del --prefix ${PREFIX}`,
    ),
  ];
}

function textOf(value: Buffer | undefined): Buffer | undefined {
  const text = value && storedText(value, RECORD_DATA);
  return text === undefined ? undefined : Buffer.from(text);
}

/** Names of clusters are often the same ones; their hosts are not. */
function isSame(there: ClusterSpec, recorded: ClusterSpec): boolean {
  const known = new Set(controlPlanes(there));
  return there.name === recorded.name && controlPlanes(recorded).some((each) => known.has(each));
}

function controlPlanes({ hosts }: ClusterSpec): string[] {
  return hosts
    .filter(({ role }) => role === 'control-plane')
    .map(({ name, address }) => `${name} at ${address}`);
}

function serversIn(manifest: Buffer): string | undefined {
  try {
    return argumentOf(parse(manifest.toString('utf8')) as Pod, 'etcd-servers');
  } catch {
    return undefined;
  }
}

function sorted(urls: readonly string[]): string {
  return urls.toSorted().join(',');
}
