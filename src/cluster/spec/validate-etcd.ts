import { defaultSections } from './default-sections.ts';
import type { Finding } from './findings.ts';
import type { ExternalEtcdSpec } from './sections.ts';
import type { ClusterSpec, ClusterSpecInput } from './types.ts';

const EXTERNAL = ['etcd', 'external'];

/** An etcd of the user's own leaves nothing of the cluster's own to be set. Defaults may stand there. */
export function etcdFindings({ etcd, patches = [] }: ClusterSpec | ClusterSpecInput): Finding[] {
  const { external, ...local } = etcd ?? {};
  if (!external) return [];
  const none: Record<string, unknown> = { ...defaultSections().etcd };
  const set = Object.entries(local).filter(
    ([field, value]) => value !== undefined && JSON.stringify(value) !== JSON.stringify(none[field]),
  );
  const patched = patches.flatMap(({ target }, index) =>
    target === 'etcd' ? [{ path: ['patches', index, 'target'], message: UNUSED, or: [EXTERNAL] }] : [],
  );
  return [
    ...set.map(([field]) => ({ path: ['etcd', field], message: UNUSED, or: [EXTERNAL] })),
    ...patched,
    ...pathFindings(external),
  ];
}

const UNUSED = 'cannot be set beside etcd.external: no etcd runs on the control planes';

const isWholePath = (path: string) => path.startsWith('/') && !path.split('/').includes('..');

function pathFindings(external: Partial<ExternalEtcdSpec>): Finding[] {
  if (external.filesOn !== 'hosts') return [];
  const files = (['caFile', 'certFile', 'keyFile'] as const).filter(
    (field) => !isWholePath(external[field] ?? '/'),
  );
  return files.map((field) => ({
    path: [...EXTERNAL, field],
    message: 'must be an absolute path without "..": it is one of the control planes',
    hint: 'filesOn: here takes files of this machine',
  }));
}
