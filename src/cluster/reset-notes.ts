import { parse } from 'yaml';
import type { HostFile } from './manifests/paths.ts';
import { writtenBy } from './manifests/written-by.ts';
import { canonicalYaml } from './manifests/yaml.ts';
import { defaultSections } from './spec/default-sections.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';

/** Works without the cluster: what reset has to know of a host stands there. */
export const RESET_NOTES = '/etc/kubernetes/kubewright/reset.yaml';

export interface ResetNotes {
  cluster: string;
  node: string;
  beforeReset: string[];
  afterReset: string[];
  /** Where it is not the usual folder. */
  etcdDataDir?: string;
}

/** undefined where there is nothing to note. */
export function resetNotes(spec: ClusterSpec, node: NodeSpec): HostFile | undefined {
  const { beforeReset, afterReset } = node.hooks;
  const { dataDir } = spec.etcd;
  const moved = node.role === 'control-plane' && dataDir !== defaultSections().etcd.dataDir;
  if (beforeReset.length + afterReset.length === 0 && !moved) return undefined;
  const notes: ResetNotes = {
    cluster: spec.name,
    node: node.name,
    beforeReset,
    afterReset,
    ...(moved ? { etcdDataDir: dataDir } : {}),
  };
  return { path: RESET_NOTES, mode: 0o600, content: `${writtenBy()}${canonicalYaml(notes)}` };
}

/** What cannot be read is as good as absent: a host is reset in any case. */
export function readResetNotes(content: Buffer | undefined): ResetNotes {
  const none: ResetNotes = { cluster: '', node: '', beforeReset: [], afterReset: [] };
  if (!content) return none;
  try {
    const found = parse(content.toString('utf8')) as Partial<ResetNotes>;
    const { etcdDataDir } = found;
    return {
      cluster: String(found.cluster ?? ''),
      node: String(found.node ?? ''),
      beforeReset: commands(found.beforeReset),
      afterReset: commands(found.afterReset),
      ...(typeof etcdDataDir === 'string' && etcdDataDir.startsWith('/') ? { etcdDataDir } : {}),
    };
  } catch {
    return none;
  }
}

function commands(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
