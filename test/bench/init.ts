// npm run bench: `kubewright init` over SSH against `kubeadm init` on the same prepared lab host. See docs/bench.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/artifacts/package-root.ts';
import { sleep } from '../../src/base/wait.ts';
import { run as runCommand } from '../../src/lab/command.ts';
import { labDown } from '../../src/lab/down.ts';
import { labUp } from '../../src/lab/up.ts';
import { silent } from '../../src/output/events.ts';
import { clusterChecks } from './checks.ts';
import { attempt, CONTENDERS } from './contenders.ts';
import { controlPlaneFigures } from './control-planes.ts';
import { demoFigures } from './demo.ts';
import { benchHost } from './lab-host.ts';
import { measured, type Run } from './measured.ts';
import { prepare, restore } from './prepared.ts';
import { comparison, machineLine } from './report.ts';

const LIMIT_MS = 120_000;
/** After the host was brought back: containerd and the disk come to rest. */
const SETTLE_MS = 1500;

const { values: options } = parseArgs({
  options: {
    pairs: { type: 'string', default: '5' },
    /** Instead: bare hosts to the application, round trips of a second run, peak memory. */
    demo: { type: 'boolean', default: false },
    /** Instead: three control planes from bare hosts, against kubeadm on bare hosts. */
    'control-planes': { type: 'boolean', default: false },
    /** kubewright's --artifacts-delivery there; default: what kubewright decides. */
    delivery: { type: 'string' },
    keep: { type: 'boolean', default: false },
    lab: { type: 'string', default: 'bench' },
    /** Every run's spans as JSON, one line each, on stderr. */
    raw: { type: 'boolean', default: false },
  },
});
const three = options['control-planes'];
const lab = options.demo ? `${options.lab}-demo` : three ? `${options.lab}-three` : options.lab;
const folder = await mkdtemp(join(tmpdir(), 'kubewright-bench-'));
try {
  const text = await figures(Number(options.pairs));
  console.log(`\n${text}\n\n${machineLine()}`);
} finally {
  await rm(folder, { recursive: true, force: true });
  if (!options.keep) await labDown({ lab, env: process.env, reporter: silent });
}

async function figures(pairs: number): Promise<string> {
  if (options.demo) return demoFigures({ lab, folder, say });
  if (three) return controlPlaneFigures({ lab, folder, pairs, delivery: options.delivery, say, onRun });
  return compare(pairs);
}

async function compare(pairs: number): Promise<string> {
  await labUp({ lab, names: ['cp1'], env: process.env, reporter: silent });
  const host = await benchHost(lab, 'cp1');
  // Where an earlier bench left its lab (--keep).
  await host.script('restore.sh', 'none');
  say('preparing the host by a first kubewright init');
  const argv = ['init', 'cp1', '--lab', lab, '--kubeconfig', join(folder, 'kubeconfig')];
  // Built from the pinned modules; upstream is not asked.
  const env = { ...process.env, KUBEWRIGHT_ARTIFACTS_SOURCE: 'build' };
  const first = await runCommand([join(packageRoot(), 'bin/run.js'), ...argv], { env, timeoutSeconds: 600 });
  if (first.exit !== 0) throw new Error(`the host could not be prepared:\n${first.stderr}`);
  const state = await prepare(host);
  const how = { hosts: [host], folder, checks: clusterChecks(host), limitMs: LIMIT_MS };
  const runs: Run[] = [];
  for (let pair = 1; pair <= pairs; pair++) {
    // Neither has the place after the other for itself.
    for (const contender of pair % 2 ? CONTENDERS : CONTENDERS.toReversed()) {
      await restore(host, state);
      await sleep(SETTLE_MS);
      const done = await measured(contender, attempt[contender], how);
      runs.push(done);
      onRun(pair, done);
    }
  }
  return `${pairs} pairs\n${comparison(runs)}`;
}

function onRun(pair: number, { contender, probe, attempt }: Run): void {
  if (options.raw) console.error(JSON.stringify({ contender, seen: probe.seen, spans: attempt.spans }));
  say(`pair ${pair}: ${contender} ${probe.end.toFixed(2)} s, exit ${attempt.seconds.toFixed(2)} s`);
}

function say(text: string): void {
  console.error(text);
}
