import { KubewrightError } from '../../base/errors.ts';
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
  const base = recorded ?? defaultSpec(input.name);
  const written = withoutUndefined(input);
  const merged = {
    ...base,
    ...written,
    networking: { ...base.networking, ...written.networking },
    endpoint: { ...base.endpoint, ...written.endpoint },
    components: { ...base.components, ...written.components },
    hosts: mergeHosts(base.hosts, input.hosts ?? []),
  };
  return validateSpec(merged);
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

function mergeHosts(recorded: readonly NodeSpec[], written: readonly NodeSpecInput[]): NodeSpec[] {
  const known = new Set(recorded.map((host) => host.name));
  const changes = new Map(written.map((host) => [host.name, withoutUndefined(host)]));
  return [
    ...recorded.map((host) => ({ ...host, ...changes.get(host.name) })),
    ...written.filter((host) => !known.has(host.name)).map((host) => defaultNode(withoutUndefined(host))),
  ];
}

function withoutUndefined<T extends object>(value: T): T {
  const entries = Object.entries(value).filter(([, field]) => field !== undefined);
  return Object.fromEntries(
    entries.map(([key, field]) => [key, isPlain(field) ? withoutUndefined(field) : field]),
  ) as T;
}

function isPlain(value: unknown): value is object {
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
