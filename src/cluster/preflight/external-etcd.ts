import semver from 'semver';
import { KubewrightError } from '../../base/errors.ts';
import type { EtcdClient, MemberStatus } from '../etcd/client.ts';
import type { EtcdCredentials } from '../etcd/credentials.ts';
import type { ExternalEtcd } from '../etcd/external.ts';
import { certificateFaults, isSignedByTheirs } from './etcd-certificates.ts';
import { type AboutContents, contentFindings } from './etcd-contents.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

/** kubeadm's MinExternalEtcdVersion (constants.go of 1.37). */
const OLDEST = '3.5.24';

interface AboutHost extends AboutContents {
  externalEtcd?: ExternalEtcd | undefined;
  now: Date;
}

/** An etcd outside: its files, and what each of its endpoints says to this very host. */
export async function externalEtcdFindings(about: AboutHost): Promise<Finding[]> {
  const { externalEtcd, now } = about;
  if (!externalEtcd) return [];
  const faults = [...missing(externalEtcd), ...certificateFaults(externalEtcd, now)];
  if (faults.length > 0) {
    const where = externalEtcd.placed
      ? 'etcd.external of the cluster file names them'
      : 'put them right on this host';
    return [finding('ExternalEtcdClientCertificates', faults.join('; '), where)];
  }
  if (externalEtcd.ways.length === 0) return [];
  const asked = await Promise.all(externalEtcd.ways.map(ask));
  const answered = asked.filter(({ status }) => status !== undefined);
  return [
    ...unreached(asked, about, answered.length > 0),
    ...answered.flatMap(({ endpoint, status }) => unfit(endpoint, status!, about)),
    ...apart(answered),
    ...(answered[0] ? await contentFindings(answered[0].etcd, about) : []),
  ];
}

/** What comes from here is there, or was told of; in the plan of a new cluster it is not yet. */
function missing({ placed, files, paths }: ExternalEtcd): string[] {
  if (placed) return [];
  const names = (Object.keys(paths) as (keyof typeof paths)[]).filter((file) => files[file] === undefined);
  return names.map((file) => `${paths[file]} is not there`);
}

interface Asked {
  endpoint: string;
  etcd: EtcdClient;
  status?: MemberStatus;
  error?: KubewrightError;
}

async function ask({ endpoint, etcd }: ExternalEtcd['ways'][number]): Promise<Asked> {
  try {
    return { endpoint, etcd, status: await etcd.status(endpoint) };
  } catch (error) {
    if (!(error instanceof KubewrightError)) throw error;
    return { endpoint, etcd, error };
  }
}

function unreached(asked: readonly Asked[], about: AboutHost, someAnswer: boolean): Finding[] {
  const failed = asked.flatMap(({ error }) => (error ? [error] : []));
  const away = failed.filter(({ code }) => code === 'EtcdUnreachable');
  const silent = failed.filter((error) => !away.includes(error));
  const level = about.running && someAnswer ? 'warning' : 'error';
  const reasons = (errors: readonly KubewrightError[]) => errors.map(({ message }) => message).join('; ');
  return [
    ...(away.length === 0
      ? []
      : [
          finding(
            'ExternalEtcd',
            `the external etcd is not reached from this host: ${reasons(away)}${foreignClient(about)}`,
            'start it, let this host through to it, and give it the authority and the client that it knows (etcd.external)',
            level,
          ),
        ]),
    ...(silent.length === 0
      ? []
      : [
          finding(
            'ExternalEtcd',
            `the external etcd does not say how it is: ${reasons(silent)}`,
            'let it answer by HTTP too (etcd.external.httpEndpoints), and the client read its status',
            'warning',
          ),
        ]),
  ];
}

function foreignClient({ externalEtcd }: AboutHost): string {
  const files = externalEtcd!.files as EtcdCredentials;
  return isSignedByTheirs(files)
    ? ''
    : `; ${externalEtcd!.paths.cert} is not signed by ${externalEtcd!.paths.ca}`;
}

function unfit(endpoint: string, { version, complaints }: MemberStatus, { running }: AboutHost): Finding[] {
  const level = running ? 'warning' : 'error';
  const old = semver.valid(version) !== null && semver.lt(version, OLDEST);
  return [
    ...(old
      ? [
          finding(
            'ExternalEtcdVersion',
            `etcd at ${endpoint} is ${version}; Kubernetes needs ${OLDEST} or newer`,
            'upgrade it',
            level,
          ),
        ]
      : []),
    ...(complaints.length > 0
      ? [
          finding(
            'ExternalEtcd',
            `etcd at ${endpoint} is not well: ${complaints.join('; ')}`,
            'etcdctl endpoint status and etcdctl alarm list say more',
            level,
          ),
        ]
      : []),
  ];
}

/** An API server would find something else with each request. */
function apart(answered: readonly Asked[]): Finding[] {
  const clusters = new Map<string, string[]>();
  for (const { endpoint, status } of answered) {
    const { clusterId } = status!;
    clusters.set(clusterId, [...(clusters.get(clusterId) ?? []), endpoint]);
  }
  if (clusters.size <= 1) return [];
  const told = [...clusters.values()].map((endpoints) => endpoints.join(', '));
  return [
    finding(
      'ExternalEtcdClusters',
      `the endpoints are of ${clusters.size} different etcd clusters: ${told.join(' | ')}`,
      'name the members of one in etcd.external.endpoints',
    ),
  ];
}
