import { declaredHosts } from '../../cluster/declared/hosts.ts';
import { resolveSpec } from '../../cluster/spec/resolve.ts';
import type { NodeRole } from '../../cluster/spec/types.ts';
import type { ClusterText } from '../../objects/selection/files.ts';
import type { CliContext } from '../context.ts';
import { checkFormat, readDeclared, type Shown } from './file.ts';

export interface Rehearsal {
  cluster: string;
  hosts: { node: string; role: NodeRole; target: string }[];
}

/** `--dry-run=client` of a cluster: its file alone is looked at, as for objects; no host is asked. */
export function rehearseDeclared(
  cli: CliContext,
  cluster: ClusterText,
  { output }: { output?: string | undefined },
): Shown<Rehearsal> {
  checkFormat(output);
  const { spec, written } = readDeclared(cli, cluster);
  const { controlPlanes, workers } = declaredHosts(spec);
  const { name } = resolveSpec(spec, undefined, written);
  const hosts = [...controlPlanes, ...workers].map(({ name: node, role, target }) => ({
    node,
    role,
    target,
  }));
  return { value: { cluster: name, hosts }, text: rehearsed };
}

function rehearsed({ cluster, hosts }: Rehearsal): string {
  return [
    ...hosts.map(({ node, role, target }) => `${node} (${role}): ${target}`),
    `Cluster ${cluster}: its file is valid; no host was asked (dry run). Next: --dry-run=server asks the hosts.`,
  ].join('\n');
}
