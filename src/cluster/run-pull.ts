import type { HostPlan } from '../engine/plan.ts';
import { planPhases } from '../engine/planner.ts';
import { type HostResult, runPhases } from '../engine/runner.ts';
import { Timeline } from '../engine/timeline.ts';
import type { Host } from '../host/port.ts';
import { commonContext } from './common-context.ts';
import type { NodeContext } from './context.ts';
import { withShares } from './delivery/shares.ts';
import { noClusterYet } from './join-source.ts';
import { withRun } from './locking/with-run.ts';
import { mapHosts } from './map-hosts.ts';
import { requireSupported } from './node-facts.ts';
import type { ClusterPorts } from './ports.ts';
import { pullPhases } from './pull.ts';
import { labSettings, selectPhases } from './settings.ts';
import { refuseWrong } from './spec/check-input.ts';
import { defaultNode } from './spec/defaults.ts';
import { resolveSpec } from './spec/resolve.ts';
import type { ClusterSpecInput } from './spec/types.ts';

export interface PullRequest {
  targets: readonly string[];
  spec: ClusterSpecInput;
  ignorePreflightErrors: string[];
  dryRun: boolean;
  waitMs?: number | undefined;
}

export interface PullResult {
  hosts: (HostResult & { images: string[] })[];
  plans: HostPlan[];
  seconds: number;
}

/**
 * Brings the images of a cluster to hosts ahead of `init` and `join`, and containerd to those that have none. A
 * containerd that runs is left as it is: it may be another cluster's, or set up by hand.
 */
export async function pullImages(ports: ClusterPorts, request: PullRequest): Promise<PullResult> {
  refuseWrong(request.spec, []);
  const hosts = request.targets.length;
  if (request.dryRun) return withShares(ports, hosts, (shared) => pullAll(shared, request));
  return withRun(ports, 'images pull', (locked) =>
    withShares(locked, hosts, (shared) => pullAll(shared, request)),
  );
}

async function pullAll(ports: ClusterPorts, request: PullRequest): Promise<PullResult> {
  const timeline = new Timeline();
  const result: PullResult = { hosts: [], plans: [], seconds: 0 };
  const failures: unknown[] = [];
  await mapHosts(request.targets, async (target) => {
    try {
      const host = await timeline.span('connect', target, () => ports.openHost(target));
      await ports.run?.hold(host);
      await pullOne(ports, request, target, host, { timeline, result });
    } catch (error) {
      failures.push(error);
    }
  });
  timeline.report(ports.reporter);
  result.seconds = timeline.seconds;
  ports.signal.throwIfAborted();
  if (failures.length === 1) throw failures[0];
  if (failures.length > 1) throw new AggregateError(failures, `${failures.length} hosts failed`);
  return result;
}

async function pullOne(
  ports: ClusterPorts,
  request: PullRequest,
  target: string,
  host: Host,
  run: { timeline: Timeline; result: PullResult },
): Promise<void> {
  const { timeline, result } = run;
  const [facts, containerd] = await host.inspect([
    { kind: 'facts' },
    { kind: 'unit', name: 'containerd.service' },
  ]);
  requireSupported(host, facts);
  const context = await prepare(ports, request, target, host, facts);
  const present = containerd.active === 'active' ? ['preflight', 'images'] : undefined;
  const common = { host, phases: selectPhases(pullPhases, present), context, timeline };
  if (request.dryRun) {
    result.plans.push(await planPhases(common));
    return;
  }
  const { reporter, signal } = ports;
  const done = await runPhases({ ...common, reporter, signal });
  result.hosts.push({ ...done, images: context.images.map(({ reference }) => reference) });
}

async function prepare(
  ports: ClusterPorts,
  request: PullRequest,
  target: string,
  host: Host,
  facts: NodeContext['facts'],
): Promise<NodeContext> {
  const lab = labSettings(await ports.labDefaults(target));
  const { hosts: _, ...written } = request.spec;
  const spec = resolveSpec({ ...lab.spec, ...written });
  const ignorePreflightErrors = [...lab.ignorePreflightErrors, ...request.ignorePreflightErrors];
  const node = defaultNode({ name: facts.hostname.toLowerCase(), target, ignorePreflightErrors });
  return {
    ...(await commonContext(ports, { spec, node, host, facts }, request.waitMs)),
    ca: '',
    api: async () => noClusterYet(spec),
  };
}
