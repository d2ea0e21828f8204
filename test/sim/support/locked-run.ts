import { once } from 'node:events';
import { KubewrightError } from '../../../src/base/errors.ts';
import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import { applyCluster } from '../../../src/cluster/run-cluster.ts';
import type { Host } from '../../../src/host/port.ts';
import { openHost } from '../../../src/host/session.ts';
import { connectSsh } from '../../../src/host/ssh/connect.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { hostFiles, loginOf, nobody } from './cluster-hosts.ts';

/** One operator's run, as a process of its own: `init` of control planes, as far as it goes without an API server. */
interface LockedRun {
  /** The laptop's. */
  home: string;
  hosts: { name: string; address: string; port: number }[];
  lock: NonNullable<ClusterPorts['lock']>;
  /** Waits for a line on stdin when it first comes there. */
  pauseAt?: 'connected' | 'looked';
}

const PHASES = { init: ['record', 'certs', 'kubeconfig', 'runtime'], join: ['runtime', 'kubelet-install'] };

async function main({ home, hosts, lock, pauseAt }: LockedRun): Promise<void> {
  const options = loginOf(home);
  const opened: Host[] = [];
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  const binaries = hostFiles();
  let went: Promise<unknown> | undefined;
  const pause = async (at: string) => {
    say({ at });
    if (at !== pauseAt) return;
    went ??= once(process.stdin, 'data');
    await went;
  };
  const ports = clusterPorts(
    async (target) => {
      const { address, port } = hosts.find(({ name }) => name === target)!;
      const host = await openHost(target, () => connectSsh(`root@${address}:${port}`, options));
      opened.push(host);
      return host;
    },
    {
      apiClient: () => nobody,
      signal: stop.signal,
      lock,
      reporter: { emit: (event) => event.type === 'message' && say({ message: event.text }) },
      artifacts: async (choice) => {
        // Asked for when the host was looked at, under its lock.
        await pause('looked');
        return { choice, store: { hostFiles: async () => binaries, images: async () => [] } };
      },
    },
  );
  const spec = {
    name: 'one',
    hosts: hosts.map(({ name }, index) => {
      return { name, role: 'control-plane' as const, target: name, address: `192.0.2.${11 + index}` };
    }),
  };
  try {
    for (const { name } of hosts) await (await ports.openHost(name)).inspect([{ kind: 'facts' }]);
    await pause('connected');
    const { failures } = await applyCluster(ports, { spec, pruneHosts: false, phases: PHASES });
    if (failures.length > 0) throw failures[0]!.error;
  } finally {
    for (const host of opened) await host.close();
  }
}

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

main(JSON.parse(process.argv[2]!) as LockedRun).then(
  () => process.exit(0),
  (error: unknown) => {
    const known = error instanceof KubewrightError;
    say({ error: known ? { code: error.code, message: error.message, hint: error.hint } : String(error) });
    process.exit(known ? error.exit : (error as Error)?.name === 'AbortError' ? 130 : 10);
  },
);
