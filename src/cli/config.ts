import { KubewrightError } from '../base/errors.ts';
import { mergeConfig } from '../cluster/manifests/merge.ts';
import type { JoinTarget } from '../cluster/run-join.ts';
import { refuseWrong } from '../cluster/spec/check-input.ts';
import { valueAt, type Written } from '../cluster/spec/findings.ts';
import type { KubeadmFile } from '../cluster/spec/kubeadm/convert.ts';
import { readPatches } from '../cluster/spec/patches-folder.ts';
import type { ClusterSpecInput, NodeRole, NodeSpecInput } from '../cluster/spec/types.ts';
import { clusterFile } from './cluster-file.ts';
import { nodeOf, type SpecFlagValues, specOf } from './cluster-flags.ts';
import type { CliContext } from './context.ts';
import { readOptionFolder } from './local-files.ts';
import type { Runtime } from './runtime.ts';

export interface ConfigFlags extends SpecFlagValues {
  config?: string;
  patches?: string;
  name?: string;
  'advertise-address'?: string;
}

interface Surroundings {
  cli: Pick<CliContext, 'reporter'>;
  runtime: Pick<Runtime, 'cwd' | 'stdin'>;
}

/** What a command line says of a cluster and of the host that it is about, whichever way it was written. */
export interface Declaration {
  /** How the host is reached, as far as the command line or the file says. */
  target?: string;
  node: Partial<NodeSpecInput>;
  spec: ClusterSpecInput;
  /** Where the file says it. */
  written?: Written;
}

/**
 * Flags and --config are two spellings of one thing, so they may be mixed: what a flag says wins over the file. Of a
 * file's hosts the one that is named counts: by --name, else as `host` is written, else the only control plane.
 */
export async function declarationOf(
  { cli, runtime }: Surroundings,
  host: string | undefined,
  flags: ConfigFlags,
): Promise<Declaration> {
  const given = specOf(flags);
  const spec = flags.patches ? { ...given, patches: patchesOf(cli, flags.patches, runtime.cwd) } : given;
  const node = nodeOf(flags);
  const file = await clusterFile(flags.config, cli, runtime);
  if (!file) return { ...(host ? { target: host } : {}), node, spec: defined(spec) };
  const { hosts: _hosts, ...cluster } = file.input;
  const { target, role: _, ...said } = entryOf(file, host, flags);
  const reached = host ?? target ?? (said.address || said.name);
  return {
    ...(reached ? { target: reached } : {}),
    node: { ...said, ...node },
    spec: mergeConfig(cluster as Fields, defined(spec) as Fields) as ClusterSpecInput,
    written: {
      source: file.source,
      // The host has another place in the specification than in the file; what a flag says is not in the file.
      position: (path) =>
        path[0] === 'hosts' || valueAt(spec, path) !== undefined ? undefined : file.position(path),
    },
  };
}

/** A file of kubeadm need not name the host that it is for. */
function entryOf(file: KubeadmFile, host: string | undefined, flags: ConfigFlags): Partial<NodeSpecInput> {
  const { hosts = [] } = file.input;
  if (file.unnamed && !hosts.some((each) => isWritten(each, host))) return file.unnamed;
  return chosenHost(hosts, host, flags) ?? {};
}

type Fields = Record<string, unknown>;

function chosenHost(
  hosts: readonly NodeSpecInput[],
  host: string | undefined,
  { name, config }: ConfigFlags,
) {
  const named = hosts.find((each) => (name === undefined ? isWritten(each, host) : each.name === name));
  if (named || hosts.length === 0) return named;
  const controlPlanes = hosts.filter(({ role }) => role === 'control-plane');
  if (controlPlanes.length === 1 || (host === undefined && name === undefined)) return controlPlanes[0];
  const names = controlPlanes.map((each) => each.name).join(', ');
  throw new KubewrightError({
    code: 'HostNotInFile',
    message: `${config} has no host ${name ?? host}.`,
    hint: names
      ? `Name one of its control planes: ${names}; or bring all of it up: kubewright apply -f ${config}.`
      : `It has no control plane; its hosts are for kubewright join --config ${config}.`,
    exit: 'invalidInput',
  });
}

function isWritten({ name, target, address }: NodeSpecInput, host: string | undefined): boolean {
  return host !== undefined && [name, target, address].includes(host);
}

function patchesOf({ reporter }: Pick<CliContext, 'reporter'>, folder: string, cwd: string) {
  const { patches, ignored } = readPatches(readOptionFolder('patches', folder, cwd));
  for (const why of ignored)
    reporter.emit({ type: 'message', level: 'warning', text: `${folder}: left out ${why}` });
  return patches;
}

/** Without what no flag said, at every depth. */
function defined(value: ClusterSpecInput): ClusterSpecInput {
  const entries = Object.entries(value).flatMap(([key, field]): [string, unknown][] => {
    if (field === undefined) return [];
    const section = typeof field === 'object' && field !== null && !Array.isArray(field);
    const inner = section ? defined(field as ClusterSpecInput) : field;
    return section && Object.keys(inner as object).length === 0 ? [] : [[key, inner]];
  });
  return Object.fromEntries(entries) as ClusterSpecInput;
}

interface JoinFlags {
  config?: string;
  name?: string;
  'advertise-address'?: string;
}

/**
 * The hosts that are to join, each with what a file says of it; those of that role in the file where no word names
 * any. What the file says of the cluster is left to the cluster's record.
 */
export async function joinTargets(
  { cli, runtime }: Surroundings,
  words: readonly string[],
  flags: JoinFlags,
  role: NodeRole,
): Promise<JoinTarget[]> {
  const node = nodeOf(flags);
  refuseWrong({}, [node]);
  const file = await clusterFile(flags.config, cli, runtime);
  const hosts = (file?.input.hosts ?? []).filter((host) => (host.role ?? 'worker') === role);
  if (words.length === 0) {
    const meant = hosts.filter(({ name }) => flags.name === undefined || name === flags.name);
    const named = meant.map((host) => ({
      ...host,
      ...node,
      role,
      target: host.target ?? (host.address || host.name),
    }));
    if (named.length > 0) return named;
    throw new KubewrightError({
      code: 'HostMissing',
      message: file
        ? `${flags.config} has no ${role} that could join.`
        : 'join needs a host, or a file that names some.',
      hint: 'kubewright join HOST…, or kubewright join --config cluster.yaml',
      exit: 'usage',
    });
  }
  const all = file?.input.hosts ?? [];
  return words.map((target) => {
    const entry =
      all.find((host) => isWritten(host, target)) ??
      all.find(({ name }) => name === flags.name) ??
      (words.length === 1 ? file?.unnamed : undefined);
    return { ...entry, ...node, role, target };
  });
}
