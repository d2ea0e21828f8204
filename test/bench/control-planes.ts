import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../../src/artifacts/package-root.ts';
import { openStore } from '../../src/artifacts/store.ts';
import { sleep } from '../../src/base/wait.ts';
import { must } from '../../src/lab/command.ts';
import { labDown } from '../../src/lab/down.ts';
import { power } from '../../src/lab/power.ts';
import { labUp } from '../../src/lab/up.ts';
import { silent } from '../../src/output/events.ts';
import { controlPlanesChecks } from './checks.ts';
import { timed } from './command.ts';
import { type Attempt, type AttemptOptions, CONTENDERS, IGNORED, kubewrightInit } from './contenders.ts';
import { controlPlanesComparison, markedSpans } from './control-planes-report.ts';
import { kubeadmPayload } from './kubeadm-payload.ts';
import { type BenchHost, benchHost } from './lab-host.ts';
import { measured, type Run } from './measured.ts';

const NAMES = ['cp1', 'cp2', 'cp3'];
const LIMIT_MS = 300_000;
/** After hosts were made anew: sshd, systemd and the disk come to rest. */
const SETTLE_MS = 2000;
/** What of a host's preparation decides how kubeadm finds it. */
const PHASES = ['host', 'runtime', 'kubelet-install'];

interface ControlPlaneOptions {
  lab: string;
  /** For kubeconfig and payload. */
  folder: string;
  pairs: number;
  delivery: string | undefined;
  say: (text: string) => void;
  onRun: (pair: number, run: Run) => void;
}

/** Three bare hosts to three control planes, by each contender in turn, on new hosts every time. */
export async function controlPlaneFigures(options: ControlPlaneOptions): Promise<string> {
  const { lab, folder, pairs, delivery, say, onRun } = options;
  const payload = join(folder, 'payload');
  await openStore({ env: process.env, reporter: silent }).prepare();
  // Where an earlier bench left its lab (--keep).
  await labDown({ lab, env: process.env, reporter: silent });
  say('making ready what the peer sends');
  await makePayload(payload, await newHosts(lab));
  const flags = delivery === undefined ? [] : ['--artifacts-delivery', delivery];
  const ours = (about: AttemptOptions) => kubewrightInit(about, flags);
  const attempts = { kubewright: ours, kubeadm: kubeadmScript(payload) };
  const runs: Run[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    // Neither has the place after the other for itself.
    for (const contender of pair % 2 ? CONTENDERS : CONTENDERS.toReversed()) {
      const hosts = await newHosts(lab);
      const how = { hosts, folder, checks: controlPlanesChecks(hosts), limitMs: LIMIT_MS };
      const run = await measured(contender, attempts[contender], how);
      runs.push(run);
      onRun(pair, run);
    }
  }
  return `${pairs} pairs\n${controlPlanesComparison(runs)}`;
}

/** Machines as after their installation, under the same names and addresses every time. */
async function newHosts(lab: string): Promise<BenchHost[]> {
  for (const name of NAMES) await power(lab, name, 'wipe', process.env).catch(ignoreUnknown);
  await labUp({ lab, names: NAMES, env: process.env, reporter: silent });
  await must(['sync'], { timeoutSeconds: 120 });
  await sleep(SETTLE_MS);
  return Promise.all(NAMES.map((name) => benchHost(lab, name)));
}

/** The first time there is no lab yet. */
function ignoreUnknown(error: unknown): void {
  if ((error as { code?: string }).code !== 'LabHostUnknown') throw error;
}

async function makePayload(folder: string, hosts: readonly BenchHost[]): Promise<void> {
  const [first] = hosts;
  const command = [join(packageRoot(), 'bin/run.js'), 'phase', 'init'];
  for (const phase of PHASES) {
    const argv = [...command, phase, first!.name, '--lab', first!.lab];
    const { exit, lines } = await timed(argv, { started: performance.now() });
    if (exit !== 0) throw new Error(`${phase}: ${lines.map(({ text }) => text).join('\n')}`);
  }
  await mkdir(folder);
  await kubeadmPayload(folder, hosts, first!);
}

function kubeadmScript(payload: string) {
  return async ({ hosts, started, signal }: AttemptOptions): Promise<Attempt> => {
    const script = join(packageRoot(), 'test/bench/kubeadm-control-planes.sh');
    const argv = ['sh', script, payload, ...hosts.map(({ name }) => name)];
    const ended = await timed(argv, { started, signal, env: { IGNORED: IGNORED.join(',') } });
    return { ...ended, spans: markedSpans(ended) };
  };
}
