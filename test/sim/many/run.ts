// One run on many hosts, as a process of its own: what it holds is what the command would hold.
import type { KubewrightError } from '../../../src/base/errors.ts';
import { failureOf } from '../../../src/cli/clusters/failure.ts';
import { joinHosts } from '../../../src/cluster/run-join.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import { pendingSteps } from '../../../src/engine/plan.ts';
import type { Host } from '../../../src/host/port.ts';
import { openHost } from '../../../src/host/session.ts';
import { connectSsh } from '../../../src/host/ssh/connect.ts';
import { noPrompts } from '../../../src/host/ssh/prompts.ts';
import { silent } from '../../../src/output/events.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { nobody } from '../support/cluster-hosts.ts';
import type { Places } from '../support/site.ts';
import { loadArtifacts } from './artifacts.ts';

export interface ManyRun {
  verb: 'join' | 'plan';
  /** The laptop's. */
  home: string;
  artifacts: string;
  hosts: Places;
  delivery: 'upload' | 'peer' | 'auto';
}

export interface ManyResult {
  seconds: number;
  peakMegabytes: number;
  /** By the hosts' names. */
  changed: Record<string, number>;
  roundTrips: Record<string, number>;
  failures: Record<string, { code: string; message: string }>;
  /** Of the whole run, as the command would end with it. */
  error?: { exit: number; message: string };
  cpuSeconds: number;
}

/** What needs neither an API server nor the kernel of this machine. */
const PHASES = ['runtime', 'kubelet-install', 'images'];

async function many(run: ManyRun): Promise<ManyResult> {
  const { binaries, images } = loadArtifacts(run.artifacts);
  const opened: Host[] = [];
  const options = {
    configFiles: [`${run.home}/.ssh/config`],
    acceptNewHostKeys: false,
    prompts: noPrompts,
    env: { HOME: run.home, USER: 'root' },
    connectTimeoutMs: 5000,
    keepaliveMs: 1000,
  };
  const store = {
    hostFiles: async () => binaries,
    images: async (_arch: string, _version: string, names?: readonly string[]) => (names ? [] : images),
  };
  const ports = clusterPorts(
    async (target) => {
      const { address, port } = run.hosts[target]!;
      const host = await openHost(target, () => connectSsh(`root@${address}:${port}`, options));
      opened.push(host);
      return host;
    },
    { apiClient: () => nobody, reporter: silent, artifacts: async (choice) => ({ choice, store }) },
  );
  const started = performance.now();
  const done = await joinHosts(ports, {
    targets: Object.keys(run.hosts).map((target) => ({ target, name: target, role: 'worker' })),
    access: undefined,
    spec: resolveSpec({
      artifacts: { delivery: run.delivery as 'peer' },
      hosts: [{ name: 'cp1', role: 'control-plane', address: '192.0.2.11' }],
    }),
    ignorePreflightErrors: [],
    dryRun: run.verb === 'plan',
    phases: PHASES,
  });
  const seconds = (performance.now() - started) / 1000;
  const roundTrips = Object.fromEntries(opened.map((host) => [host.name, host.roundTrips]));
  await Promise.all(opened.map((host) => host.close()));
  const peakMegabytes = (process.resourceUsage().maxRSS * 1024) / 1e6;
  const changed = [
    ...done.hosts.map((host) => [host.node, host.changed]),
    ...done.plans.map((plan) => [plan.node, pendingSteps(plan)]),
  ];
  const failures = told(done.failures);
  const total = Object.keys(run.hosts).length;
  const error = failureOf(done.failures, total, { done: 'joined', again: 'The same' });
  const { exit, message } = (error ?? {}) as Partial<KubewrightError>;
  const { user, system } = process.cpuUsage();
  return {
    ...{ seconds, peakMegabytes, roundTrips, failures },
    changed: Object.fromEntries(changed),
    cpuSeconds: (user + system) / 1e6,
    ...(exit === undefined || message === undefined ? {} : { error: { exit, message } }),
  };
}

function told(failures: readonly { target: string; error: unknown }[]): ManyResult['failures'] {
  return Object.fromEntries(
    failures.map(({ target, error }) => {
      const { code = 'bug', message } = error as KubewrightError;
      return [target, { code, message }];
    }),
  );
}

process.stdout.write(`${JSON.stringify(await many(JSON.parse(process.argv[2]!) as ManyRun))}\n`);
