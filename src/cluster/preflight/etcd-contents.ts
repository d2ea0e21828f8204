import { parse } from 'yaml';
import { KubewrightError } from '../../base/errors.ts';
import type { Seen } from '../../engine/seen.ts';
import type { Query } from '../../host/port.ts';
import type { EtcdClient } from '../etcd/client.ts';
import type { Pod } from '../manifests/pod-types.ts';
import { argumentOf } from '../manifests/static-pods/mutators.ts';
import { staticPodPath } from '../manifests/static-pods.ts';
import { RECORD_ETCD_KEY } from '../record.ts';
import type { ClusterSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

const MANIFEST = staticPodPath('kube-apiserver');
/** Where API servers keep everything (k8s.io/apiserver, the default --etcd-prefix). */
const PREFIX = '/registry/';

export interface AboutContents {
  spec: ClusterSpec;
  /** It is a node of the cluster: what does not keep it from working now is no reason to refuse anything. */
  running: boolean;
  /** It comes to a cluster that is there. */
  joining: boolean;
  /** The API server's manifest as it is on the host. */
  manifest: Buffer | undefined;
}

export function manifestLook({ etcd }: ClusterSpec): Query[] {
  return etcd.external ? [manifestQuery] : [];
}

const manifestQuery = { kind: 'file', path: MANIFEST, content: true } as const;

export function manifestOf(seen: Seen): Buffer | undefined {
  return seen.file(MANIFEST, { content: true }).content;
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
  if (before === undefined) {
    if (about.joining || about.running || !(await etcd.hasBelow(PREFIX))) return [];
    return [
      finding(
        'ExternalEtcdData',
        `the external etcd holds a Kubernetes cluster already (keys below ${PREFIX})`,
        `take them away, with a backup at hand: etcdctl del --prefix ${PREFIX}; or use another etcd`,
      ),
    ];
  }
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
