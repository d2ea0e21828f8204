import { KubewrightError } from '../../base/errors.ts';
import type { Host } from '../../host/port.ts';
import type { ApiClient } from '../../kube/port.ts';
import { componentThrough } from '../api-access.ts';
import { balancerHealthPort } from '../manifests/balancer.ts';
import { componentUrl, LOCAL_COMPONENTS } from '../phases/wait-local-components.ts';
import type { ClusterPorts } from '../ports.ts';
import { hasNodeBalancer } from '../spec/node.ts';
import type { ClusterSpec, NodeSpec } from '../spec/types.ts';
import type { ComponentStatus } from './types.ts';

/** One answer of one component; a sick one may hold the connection and say nothing. */
const timeoutMs = 5000;

export interface ComponentsOf {
  spec: ClusterSpec;
  node: NodeSpec;
  host: Host;
  /** Of this host; absent where its credentials cannot be read. */
  api?: ApiClient | undefined;
}

/** Asks each static pod that the host is to have, at its own port; etcd is asked with its members. */
export async function staticPodsHealth(
  ports: ClusterPorts,
  of: ComponentsOf,
  manifests: readonly string[],
): Promise<ComponentStatus[]> {
  const probes = of.node.role === 'control-plane' ? controlPlaneProbes(ports, of) : workerProbes(ports, of);
  return Promise.all(
    probes.map(async ({ name, ask }): Promise<ComponentStatus> => {
      if (!manifests.includes(`${name}.yaml`)) return { name, well: false, reason: 'it has no manifest' };
      try {
        await ask();
        return { name, well: true };
      } catch (error) {
        ports.signal.throwIfAborted();
        if (!(error instanceof KubewrightError)) throw error;
        return { name, well: false, reason: failedChecks(error.message) };
      }
    }),
  );
}

/** Of a list of checks, as /readyz has it, those that failed. */
function failedChecks(message: string): string {
  const failed = [...message.matchAll(/^\[-\](\S+) failed/gm)].map(([, check]) => check);
  return failed.length > 0 ? `failed: ${failed.join(', ')}` : message;
}

interface Probe {
  name: string;
  ask(): Promise<unknown>;
}

function controlPlaneProbes(ports: ClusterPorts, of: ComponentsOf): Probe[] {
  const api: Probe = { name: 'kube-apiserver', ask: async () => askApi(of.api) };
  const others = LOCAL_COMPONENTS.map((component) => ({
    name: component.name,
    ask: () =>
      askAt(ports, of.host, componentUrl({ spec: of.spec, node: of.node }, component), component.path),
  }));
  return [api, ...others];
}

async function askApi(api: ApiClient | undefined): Promise<void> {
  if (api) return void (await api.request({ path: '/readyz', timeoutMs }));
  throw new KubewrightError({
    code: 'NoCredentials',
    message: 'admin.conf or the CA of this host cannot be read',
    exit: 'step',
  });
}

function workerProbes(ports: ClusterPorts, { spec, host }: ComponentsOf): Probe[] {
  if (!hasNodeBalancer(spec)) return [];
  const url = `http://127.0.0.1:${balancerHealthPort()}`;
  return [{ name: 'haproxy', ask: () => askAt(ports, host, url, '/healthz') }];
}

/** These paths are for everybody. */
async function askAt(ports: ClusterPorts, host: Host, server: string, path: string): Promise<void> {
  await componentThrough(ports, host, server).request({ path, timeoutMs });
}
