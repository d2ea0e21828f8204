import type { Seen } from '../../engine/seen.ts';
import type { Query } from '../../host/port.ts';
import { staticPodPath } from '../manifests/static-pods.ts';
import { runsEtcd } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

const MANIFEST = staticPodPath('etcd');

export function dataLook(spec: ClusterSpec, node: NodeSpec): Query[] {
  if (!runsEtcd(spec, node)) return [];
  return [
    { kind: 'list', path: spec.etcd.dataDir },
    { kind: 'file', path: MANIFEST },
  ];
}

/** An etcd that finds another's data serves that, or refuses to start. With our manifest beside it, it is our own. */
export function dataFindings(seen: Seen, spec: ClusterSpec, node: NodeSpec): Finding[] {
  if (!runsEtcd(spec, node)) return [];
  const { dataDir } = spec.etcd;
  const inside = seen.list(dataDir).filter((name) => name !== 'lost+found');
  if (inside.length === 0 || seen.file(MANIFEST).type === 'file') return [];
  return [
    finding(
      `DirAvailable-${dataDir.replaceAll('/', '-')}`,
      `${dataDir}, where etcd keeps its data, is not empty: ${inside.slice(0, 3).join(', ')}`,
      'move it away, or name another folder as etcd.dataDir',
    ),
  ];
}
