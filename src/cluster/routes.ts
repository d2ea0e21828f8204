import type { PlanContents } from '../engine/contents.ts';
import type { Phase } from '../engine/phase.ts';
import type { PhasePlan, StepPlan } from '../engine/plan.ts';
import { runPhases } from '../engine/runner.ts';
import type { Timeline } from '../engine/timeline.ts';
import type { Facts } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import { eachReachable } from './each-reachable.ts';
import { type PodRoute, ROUTES_UNIT, routeFiles } from './manifests/routes.ts';
import type { NodeObject } from './phases/node-object.ts';
import { planElsewhere } from './plan/plan-elsewhere.ts';
import type { PlannedHost } from './plan/planned-host.ts';
import type { ClusterPorts } from './ports.ts';
import type { ClusterAccess } from './record.ts';
import { parseAddress, parseCidr } from './spec/cidr.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';
import { fileStep, stepName } from './steps/file.ts';
import { unitStep } from './steps/unit.ts';

interface RouteContext {
  facts: Facts;
  routes: PodRoute[];
}

/** What the bridge network leaves to the hosts: the way to the other nodes' pods. */
const routesPhase: Phase<RouteContext> = {
  name: 'routes',
  title: "Route to the other nodes' pods",
  after: [],
  steps: ({ routes, facts }) => {
    const files = routeFiles(routes);
    const paths = files.map(({ path }) => path);
    return [...files.map((file) => fileStep(stepName(file.path), file)), unitStep(ROUTES_UNIT, paths, facts)];
  },
};

interface Around {
  access: ClusterAccess | undefined;
  contents: PlanContents | undefined;
  /** Hosts that are nodes still, and will be gone. */
  gone?: readonly NodeSpec[] | undefined;
}

/** What that would change; undecided where a host has no range of pods yet. `spec` has all hosts as they will be. */
export async function planRoutes(
  ports: ClusterPorts,
  spec: ClusterSpec,
  { access, contents, gone = [] }: Around,
): Promise<PlannedHost[]> {
  const there = access ? await nodesOf(access.api) : [];
  const nodes = there.filter(({ metadata }) => !gone.some(({ name }) => name === metadata.name));
  const known = (name: string) => nodes.some(({ metadata }) => metadata.name === name);
  if (!spec.hosts.every(({ name }) => known(name)))
    return spec.hosts.map(({ name: node, role, address, target = address }) => {
      return { host: target, node, role, phases: [laterRoutes] };
    });
  const contextOf = (node: NodeSpec, { facts }: { facts: Facts }) => {
    return { facts, routes: routesFor(node, spec, nodes) };
  };
  return planElsewhere(ports, spec.hosts, routesPhase, contextOf, contents);
}

const laterRoutes: PhasePlan = {
  phase: routesPhase.name,
  title: routesPhase.title,
  steps: [...routeFiles([]).map(({ path }) => later(stepName(path), [path])), later(ROUTES_UNIT, [])],
};

function later(step: string, targets: readonly string[]): StepPlan {
  const summary = ['after the controller manager: a host has no pod range yet'];
  return { step, status: 'deferred', summary, targets };
}

async function nodesOf(api: ApiClient): Promise<NodeObject[]> {
  const { body } = await api.request<{ items: NodeObject[] }>({ path: '/api/v1/nodes' });
  return body.items;
}

/** Brings the routes of every host of the cluster up to date; returns how many steps changed something. */
export async function spreadRoutes(
  ports: ClusterPorts,
  spec: ClusterSpec,
  api: ApiClient,
  timeline: Timeline,
): Promise<number> {
  const nodes = await nodesOf(api);
  const hosts = spec.hosts.filter((host) => nodes.some(({ metadata }) => metadata.name === host.name));
  const { reporter, signal, guard } = ports;
  const changed = await eachReachable(
    ports,
    hosts,
    async (node, { host, facts }) => {
      const context = { facts, routes: routesFor(node, spec, nodes) };
      const run = { host, phases: [routesPhase], context, reporter, signal, guard, timeline };
      return (await runPhases(run)).changed;
    },
    ({ name }, why) => `${name} was not told the routes to the other nodes' pods: ${why}`,
  );
  return changed.reduce((sum, count) => sum + count, 0);
}

function routesFor(node: NodeSpec, spec: ClusterSpec, nodes: readonly NodeObject[]): PodRoute[] {
  return nodes
    .filter(({ metadata }) => metadata.name !== node.name)
    .flatMap(({ metadata, spec: live, status }) => {
      const advertised = spec.hosts.find((host) => host.name === metadata.name)?.address;
      const internal = status?.addresses?.filter(({ type }) => type === 'InternalIP') ?? [];
      const known = [...(advertised ? [advertised] : []), ...internal.map(({ address }) => address)];
      const ranges = live?.podCIDRs ?? (live?.podCIDR ? [live.podCIDR] : []);
      return ranges.flatMap((destination) => {
        const family = parseCidr(destination)?.family;
        const gateway = known.find((address) => parseAddress(address)?.family === family);
        return gateway ? [{ destination, gateway }] : [];
      });
    });
}
