import { KubewrightError } from '../../base/errors.ts';
import type { ClusterRequest } from '../../cluster/run-cluster.ts';
import { readClusterFile } from '../../cluster/spec/file.ts';
import type { ClusterText } from '../../objects/selection/files.ts';
import type { CliContext } from '../context.ts';
import { RUN_FORMATS } from '../flags.ts';

/** What a verb prints, and what it then has to fail with because a part of it failed. */
export interface Shown<T> {
  value: T;
  text(value: T): string;
  error?: unknown;
}

/** The file's declaration, as the workflows take it; what has no effect in it is told. */
export function readDeclared(
  cli: CliContext,
  { text, source }: ClusterText,
): Pick<ClusterRequest, 'spec' | 'written'> {
  const file = readClusterFile(text, source);
  for (const warning of file.warnings)
    cli.reporter.emit({ type: 'message', level: 'warning', text: warning });
  return { spec: file.input, written: file };
}

const CLUSTER_FORMATS: readonly string[] = [...RUN_FORMATS, 'yaml'];

/** Work on hosts is told as init and join tell it, or in YAML; throws for formats that only objects have. */
export function checkFormat(output: string | undefined): void {
  if (output === undefined || CLUSTER_FORMATS.includes(output)) return;
  throw new KubewrightError({
    code: 'ArgumentInvalid',
    message: `A cluster's hosts are not told of as ${output}.`,
    hint: `-o ${CLUSTER_FORMATS.join('|')}`,
    exit: 'usage',
  });
}

export function requireCluster(cluster: ClusterText | undefined, verb: 'diff' | 'plan'): ClusterText {
  if (cluster) return cluster;
  throw new KubewrightError({
    code: 'ClusterMissing',
    message: `${verb} takes the file of a cluster with -f; what is in an API server is not compared yet.`,
    hint: `kubewright ${verb} -f cluster.yaml; for manifests: kubewright apply -f FILE --dry-run=server`,
    exit: 'invalidInput',
  });
}
