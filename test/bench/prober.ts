import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { parseAllDocuments } from 'yaml';
import { sleep } from '../../src/base/wait.ts';

const INTERVAL_MS = 50;
const SYSTEM = '/api/v1/namespaces/kube-system';
const TAINT = 'node-role.kubernetes.io/control-plane';

/** One thing that has to be there: asked again until it is, then not any more. */
interface Check {
  name: string;
  path: string;
  holds(body: string): boolean;
}

export interface Probe {
  /** Seconds from the start to the last of them. */
  end: number;
  /** Seconds from the start to the first time that each was seen. */
  seen: Record<string, number>;
}

/**
 * Watches a control plane come up, from outside and in the same way whoever makes it: every 50 ms what is still missing
 * is asked for with the administrator's own kubeconfig, read from the host's disk as soon as it is there.
 * Throws after `timeoutMs`, naming what was missing; ends early with the signal's reason.
 */
export async function probe(options: {
  node: string;
  address: string;
  adminConf: string;
  started: number;
  timeoutMs: number;
  signal: AbortSignal;
}): Promise<Probe> {
  const { adminConf, address, started, timeoutMs, signal } = options;
  const missing = new Map(checks(options.node).map((check) => [check.name, check]));
  const seen: Record<string, number> = {};
  const now = () => (performance.now() - started) / 1000;
  let access: Access | undefined;
  while (missing.size > 0) {
    signal.throwIfAborted();
    if (now() * 1000 > timeoutMs)
      throw new Error(`not there after ${timeoutMs / 1000} s: ${[...missing.keys()].join(', ')}`);
    access ??= await readAccess(adminConf, `https://${address}:6443`);
    if (access) {
      const { ask } = access;
      const found = await Promise.all(
        [...missing.values()].map(async (check) => ({ check, holds: await holds(check, ask) })),
      );
      for (const { check, holds } of found) {
        if (!holds) continue;
        seen[check.name] = now();
        missing.delete(check.name);
      }
    }
    if (missing.size > 0) await sleep(INTERVAL_MS);
  }
  access?.close();
  return { end: Math.max(...Object.values(seen)), seen };
}

async function holds(check: Check, ask: Access['ask']): Promise<boolean> {
  try {
    const { status, body } = await ask(check.path);
    return status === 200 && check.holds(body);
  } catch {
    return false;
  }
}

function checks(node: string): Check[] {
  const there = (name: string, path: string): Check => ({ name, path, holds: () => true });
  const lease = (component: string): Check => ({
    name: `lease of ${component}`,
    path: `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${component}`,
    holds: (body) => Boolean(JSON.parse(body).spec?.holderIdentity),
  });
  return [
    there('/readyz', '/readyz'),
    lease('kube-scheduler'),
    lease('kube-controller-manager'),
    { name: 'node registered, labelled, tainted', path: `/api/v1/nodes/${node}`, holds: isControlPlane },
    there('Deployment coredns', '/apis/apps/v1/namespaces/kube-system/deployments/coredns'),
    there('Service kube-dns', `${SYSTEM}/services/kube-dns`),
    there('DaemonSet kube-proxy', '/apis/apps/v1/namespaces/kube-system/daemonsets/kube-proxy'),
    there('ConfigMap kubeadm-config', `${SYSTEM}/configmaps/kubeadm-config`),
    there('ConfigMap kubelet-config', `${SYSTEM}/configmaps/kubelet-config`),
    there('ConfigMap cluster-info', '/api/v1/namespaces/kube-public/configmaps/cluster-info'),
  ];
}

/** kubeletVersion is something that only the kubelet itself reports. */
function isControlPlane(body: string): boolean {
  const { metadata, spec, status } = JSON.parse(body);
  const tainted = spec?.taints?.some(
    (taint: { key: string; effect: string }) => taint.key === TAINT && taint.effect === 'NoSchedule',
  );
  return Boolean(status?.nodeInfo?.kubeletVersion && tainted && metadata.labels?.[TAINT] !== undefined);
}

interface Access {
  ask(path: string): Promise<{ status: number; body: string }>;
  close(): void;
}

/** undefined until the file is there and whole. The address is the host's own: a name in the file may be the host's alone. */
async function readAccess(adminConf: string, server: string): Promise<Access | undefined> {
  try {
    const [document] = parseAllDocuments(await readFile(adminConf, 'utf8'));
    const conf = document?.toJS();
    const { cluster } = conf.clusters[0];
    const { user } = conf.users[0];
    const decode = (text: string) => Buffer.from(text, 'base64');
    const agent = new Agent({
      keepAlive: true,
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    });
    return { ask: (path) => ask(agent, new URL(path, server)), close: () => agent.destroy() };
  } catch {
    return undefined;
  }
}

function ask(agent: Agent, url: URL): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { agent, timeout: 2000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 2 s')));
    sent.on('error', reject);
    sent.end();
  });
}
