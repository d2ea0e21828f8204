import { KubewrightError } from '../../base/errors.ts';
import { defaultSections, securityOff } from './default-sections.ts';
import { defaultNode, defaultSpec } from './defaults.ts';
import { fixedFindings } from './immutable.ts';
import { clusterSpecSchema } from './schema.ts';
import type { ClusterSpec, ClusterSpecInput, NodeSpec, NodeSpecInput } from './types.ts';
import { crossFindings } from './validate.ts';

/**
 * What was written, over what is recorded, over the defaults. A field that was left out keeps its recorded value, so
 * that a newer kubewright never changes a cluster by its own defaults. Hosts go by name; recorded ones stay.
 * Throws InvalidClusterSpec with every finding.
 */
export function resolveSpec(input: ClusterSpecInput, recorded?: ClusterSpec): ClusterSpec {
  if (recorded && input.name !== undefined && input.name !== recorded.name) {
    throw invalid([
      `name: the cluster is recorded as "${recorded.name}" and cannot be renamed to "${input.name}"`,
    ]);
  }
  const fixed = recorded ? fixedFindings(input, recorded) : [];
  if (fixed.length > 0) throw invalid(fixed);
  const base = recorded ?? defaultSpec(input.name, input.kubernetesVersion);
  const written = withoutUndefined(input);
  const { hosts: _, ...rest } = written;
  const merged = { ...mergeSections({ ...base }, rest), hosts: mergeHosts(base.hosts, input.hosts ?? []) };
  return validateSpec(merged);
}

/**
 * A record as it was written, by an older kubewright too: what that one did not know yet is off, or as it always was,
 * never as it would be in a new cluster.
 */
export function resolveRecord(written: ClusterSpecInput): ClusterSpec {
  const base = { ...defaultSections(), security: securityOff() };
  const hosts = (written.hosts ?? []).map((host) => defaultNode(host));
  return validateSpec({ ...mergeSections(base, written), hosts });
}

/** Reads a whole specification from anywhere (a file, the record); throws InvalidClusterSpec with every finding. */
export function validateSpec(value: unknown): ClusterSpec {
  const parsed = clusterSpecSchema.safeParse(value);
  if (!parsed.success) {
    throw invalid(
      parsed.error.issues.map((issue) => {
        const path = issue.path.reduce<string>(
          (sum, part) =>
            typeof part === 'number' ? `${sum}[${part}]` : sum ? `${sum}.${String(part)}` : String(part),
          '',
        );
        return path ? `${path}: ${issue.message}` : issue.message;
      }),
    );
  }
  const findings = crossFindings(parsed.data);
  if (findings.length > 0) throw invalid(findings);
  return parsed.data;
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

function invalid(findings: string[]): KubewrightError {
  return new KubewrightError({
    code: 'InvalidClusterSpec',
    message:
      findings.length === 1
        ? `The cluster cannot be built as described: ${findings[0]}.`
        : `The cluster cannot be built as described, for ${findings.length} reasons:\n${findings.map((finding) => `- ${finding}`).join('\n')}`,
    hint: 'Correct the options or the cluster file and run the command again; nothing was changed.',
    exit: 'invalidInput',
  });
}
