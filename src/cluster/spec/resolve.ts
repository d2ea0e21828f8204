import { defaultSections, securityOff } from './default-sections.ts';
import { defaultNode, defaultSpec, HAPROXY } from './defaults.ts';
import { explain } from './explain.ts';
import { type Finding, invalidSpec, type Path, type Written } from './findings.ts';
import { fixedFindings } from './immutable.ts';
import { clusterSpecSchema } from './schema.ts';
import type { ClusterSpec, ClusterSpecInput, NodeSpec, NodeSpecInput } from './types.ts';
import { crossFindings } from './validate.ts';

/**
 * What was written, over what is recorded, over the defaults. A field that was left out keeps its recorded value, so
 * that a newer kubewright never changes a cluster by its own defaults. Hosts go by name; recorded ones stay.
 * Throws InvalidClusterSpec with every finding; where a cluster file is given, InvalidClusterFile with the places of
 * what it says.
 */
export function resolveSpec(input: ClusterSpecInput, recorded?: ClusterSpec, written?: Written): ClusterSpec {
  if (recorded && input.name !== undefined && input.name !== recorded.name) {
    const message = `the cluster is recorded as "${recorded.name}" and cannot be renamed to "${input.name}"`;
    throw invalidSpec([{ path: ['name'], message }], written);
  }
  const fixed = recorded ? fixedFindings(input, recorded) : [];
  if (fixed.length > 0) throw invalidSpec(fixed, written);
  const base = recorded ?? defaultSpec(input.name, input.kubernetesVersion);
  const { hosts: _, ...rest } = withoutUndefined(input);
  const merged = { ...mergeSections({ ...base }, rest), hosts: mergeHosts(base.hosts, input.hosts ?? []) };
  const { spec, findings } = checkSpec(merged);
  if (spec) return spec;
  throw invalidSpec(written ? findings.map(asWritten(merged.hosts, input)) : findings, written);
}

/** Recorded hosts come first, so that a host has another index than in the file; one that is not there, its name. */
function asWritten(hosts: readonly NodeSpec[], input: ClusterSpecInput): (finding: Finding) => Finding {
  const moved = (path: Path): Path => {
    const [first, index] = path;
    if (first !== 'hosts' || typeof index !== 'number') return path;
    const name = hosts[index]?.name ?? '';
    const own = (input.hosts ?? []).findLastIndex((host) => host.name === name);
    return ['hosts', own < 0 ? name : own, ...path.slice(2)];
  };
  return (finding) => ({ ...finding, path: moved(finding.path), or: finding.or?.map(moved) });
}

/**
 * A record as it was written, by an older kubewright too: what that one did not know yet is off, or as it always was,
 * never as it would be in a new cluster.
 */
export function resolveRecord(written: ClusterSpecInput): ClusterSpec {
  const base = {
    ...defaultSections(),
    security: securityOff(),
    endpoint: { balancer: 'none' },
    components: { haproxy: HAPROXY },
    artifacts: { ...defaultSections().artifacts, delivery: 'upload' },
  };
  const hosts = (written.hosts ?? []).map((host) => defaultNode(host));
  return validateSpec({ ...mergeSections(base, written), hosts });
}

/** Reads a whole specification from anywhere (a file, the record); throws InvalidClusterSpec with every finding. */
export function validateSpec(value: unknown): ClusterSpec {
  const { spec, findings } = checkSpec(value);
  if (spec) return spec;
  throw invalidSpec(findings);
}

function checkSpec(value: unknown): { spec?: ClusterSpec; findings: Finding[] } {
  const parsed = clusterSpecSchema.safeParse(value);
  if (!parsed.success)
    return { findings: explain(parsed.error.issues, { value, schema: clusterSpecSchema }) };
  const findings = crossFindings(parsed.data);
  return findings.length > 0 ? { findings } : { spec: parsed.data, findings };
}

/**
 * Sections have fixed fields: those that were written replace what was there, the others stay. Maps that users fill
 * (arguments, labels, feature gates, fields of Kubernetes' own configurations) and lists are replaced whole, so that
 * a name that is gone from the file is gone.
 */
const SECTIONS = new Set([
  ...['networking', 'endpoint', 'components', 'apiServer', 'controllerManager', 'scheduler', 'etcd'],
  ...['addons', 'coredns', 'kubeProxy', 'proxy', 'timeouts', 'security', 'audit', 'artifacts'],
]);
/** The cluster's `kubeProxy` is a map of the user's; the add-on of that name is a section. */
const USER_MAPS = new Set(['kubeProxy']);

function mergeSections(base: Fields, written: Fields, top = true): Fields {
  const result: Fields = { ...base };
  for (const [key, value] of Object.entries(written)) {
    const before = base[key];
    const section = SECTIONS.has(key) && !(top && USER_MAPS.has(key));
    result[key] = section && isPlain(before) && isPlain(value) ? mergeSections(before, value, false) : value;
  }
  return result;
}

type Fields = Record<string, unknown>;

function mergeHosts(recorded: readonly NodeSpec[], written: readonly NodeSpecInput[]): NodeSpec[] {
  const known = new Set(recorded.map((host) => host.name));
  const changes = new Map(written.map((host) => [host.name, withoutUndefined(host)]));
  return [
    ...recorded.map((host) => mergeHost(host, changes.get(host.name))),
    ...written.filter((host) => !known.has(host.name)).map((host) => defaultNode(withoutUndefined(host))),
  ];
}

function mergeHost(host: NodeSpec, change: NodeSpecInput | undefined): NodeSpec {
  return change ? { ...host, ...change, hooks: { ...host.hooks, ...change.hooks } } : host;
}

function withoutUndefined<T extends object>(value: T): T {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.map(([key, field]) => [key, isPlain(field) ? withoutUndefined(field) : field]),
  ) as T;
}

function isPlain(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
