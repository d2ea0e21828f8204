import { parse } from 'yaml';
import type { PlanContents } from '../engine/contents.ts';
import type { Phase } from '../engine/phase.ts';
import { runPhases } from '../engine/runner.ts';
import { Timeline } from '../engine/timeline.ts';
import { eachReachable } from './each-reachable.ts';
import { writtenBy } from './manifests/written-by.ts';
import { canonicalYaml } from './manifests/yaml.ts';
import { planElsewhere } from './plan/plan-elsewhere.ts';
import type { PlannedHost } from './plan/planned-host.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';
import { fileStep } from './steps/file.ts';

/**
 * All control planes, as they were when the last one came or went: what the one that init made would not know any more
 * without its etcd. It decides nothing but what to refuse, and where to look for other members.
 */
export const CONTROL_PLANES = '/etc/kubernetes/kubewright/control-planes.yaml';

export type KnownControlPlane = Pick<NodeSpec, 'name' | 'address'>;

const tell: Phase<{ text: string }> = {
  name: 'control-planes',
  title: 'Tell of the other control planes',
  after: [],
  steps: ({ text }) => [fileStep('control-planes', { path: CONTROL_PLANES, mode: 0o600, content: text })],
};

/** What that would change. */
export function planTelling(
  ports: ClusterPorts,
  spec: ClusterSpec,
  joined: readonly NodeSpec[],
  contents: PlanContents | undefined,
): Promise<PlannedHost[]> {
  const text = textOf(spec);
  return planElsewhere(ports, toBeTold(spec, joined), tell, () => ({ text }), contents);
}

/** Those that joined just now know all from their own record. Who cannot be told is named, and told the next time. */
export async function tellControlPlanes(
  ports: ClusterPorts,
  spec: ClusterSpec,
  joined: readonly NodeSpec[],
): Promise<void> {
  const text = textOf(spec);
  const { reporter, signal, guard } = ports;
  await eachReachable(
    ports,
    toBeTold(spec, joined),
    (_, { host }) =>
      runPhases({
        ...{ host, phases: [tell], context: { text } },
        ...{ reporter, signal, guard, timeline: new Timeline() },
      }),
    ({ name }, why) => `${name} was not told which control planes there are: ${why}`,
  );
}

function textOf({ hosts }: ClusterSpec): string {
  const all = hosts.filter(({ role }) => role === 'control-plane');
  return `${writtenBy()}${canonicalYaml(all.map(({ name, address }) => ({ name, address })))}`;
}

function toBeTold({ hosts }: ClusterSpec, joined: readonly NodeSpec[]): NodeSpec[] {
  const all = hosts.filter(({ role }) => role === 'control-plane');
  return all.filter((node) => !joined.some(({ name }) => name === node.name));
}

/** Beside the one of this name; none where the file is missing or damaged. */
export function otherControlPlanes(content: Buffer | undefined, name: string): KnownControlPlane[] {
  try {
    const found: unknown = content && parse(content.toString('utf8'));
    if (!Array.isArray(found)) return [];
    return found
      .filter((each) => typeof each?.name === 'string' && typeof each.address === 'string')
      .map((each) => ({ name: each.name as string, address: each.address as string }))
      .filter((each) => each.name !== name);
  } catch {
    return [];
  }
}
