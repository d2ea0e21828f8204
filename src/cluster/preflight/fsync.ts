import type { Seen } from '../../engine/seen.ts';
import type { Query } from '../../host/port.ts';
import { textTemplate } from '../manifests/template.ts';
import { runsEtcd } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

/** etcd's own measure: 99 of 100 writes of its log within 10 ms (etcd.io, hardware). */
const LIMIT_MS = 10;
const BATCHES = 8;
const WRITES = 5;

/** Writes a file of 2300 bytes in etcd's folder a few times and takes it away again; nothing where etcd has data. */
export function fsyncLook(spec: ClusterSpec, node: NodeSpec): Query[] {
  return runsEtcd(spec, node) ? [query(spec)] : [];
}

function query({ etcd }: ClusterSpec) {
  const script = textTemplate('preflight/fsync.sh');
  const argv = ['sh', '-c', script, 'fsync.sh', etcd.dataDir, String(BATCHES), String(WRITES)];
  return { kind: 'run' as const, argv, timeoutSeconds: 5 };
}

export function fsyncFindings(seen: Seen, spec: ClusterSpec, node: NodeSpec): Finding[] {
  if (!runsEtcd(spec, node)) return [];
  return slowDisk(seen.run(query(spec).argv).stdout, spec.etcd.dataDir);
}

/** `text`: dd's words, a line `… copied, 0.0123 s, …` a batch. One slow batch may be chance: the second slowest counts. */
export function slowDisk(text: string, folder: string): Finding[] {
  const batches = [...text.matchAll(/copied, ([\d.e-]+) s/g)].map(
    (match) => (Number(match[1]) * 1000) / WRITES,
  );
  const [worst, second] = batches.toSorted((a, b) => b - a);
  if (worst === undefined || second === undefined || second <= LIMIT_MS) return [];
  const mean = batches.reduce((sum, each) => sum + each, 0) / batches.length;
  return [
    finding(
      'FsyncLatency',
      `the disk of ${folder} takes ${mean.toFixed(1)} ms for a write of etcd's, in the slowest moments ${second.toFixed(1)} and ${worst.toFixed(1)} ms; etcd wants less than ${LIMIT_MS}`,
      'give etcd a disk of its own (an SSD), or take other load off this one: slow writes end in lost leaders',
      'warning',
    ),
  ];
}
