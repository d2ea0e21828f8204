import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../src/artifacts/package-root.ts';
import { openStore } from '../../src/artifacts/store.ts';
import { labDown } from '../../src/lab/down.ts';
import { labUp } from '../../src/lab/up.ts';
import { silent } from '../../src/output/events.ts';
import { timed } from './command.ts';
import { lastLines } from './contenders.ts';
import { type BenchHost, benchHost } from './lab-host.ts';
import { table } from './statistics.ts';

export interface DemoOptions {
  lab: string;
  /** For the kubeconfig and what is measured. */
  folder: string;
  say: (text: string) => void;
}

interface Outcome {
  seconds: number;
  peakMegabytes: number;
  cpuSeconds: number;
  /** The command's own JSON. */
  result: { changed?: number; roundTrips?: number; hosts?: { changed: number; roundTrips: number }[] };
}

/** From two bare hosts to an application that answers behind its Service; what a second run costs; peak memory. */
export async function demoFigures({ lab, folder, say }: DemoOptions): Promise<string> {
  await openStore({ env: process.env, reporter: silent }).prepare();
  await labDown({ lab, env: process.env, reporter: silent });
  const booting = performance.now();
  await labUp({ lab, names: ['cp1', 'w1'], env: process.env, reporter: silent });
  const started = performance.now();
  const at = () => (performance.now() - started) / 1000;
  const kubewright = (...args: string[]) => command(folder, args);
  const init = await kubewright('init', 'cp1', '--lab', lab, '-o', 'json');
  say(`init ${init.seconds.toFixed(1)} s`);
  const joined = await kubewright('join', 'w1', '--lab', lab, '-o', 'json');
  say(`join ${joined.seconds.toFixed(1)} s`);
  const applied = await kubewright('apply', '-f', join(packageRoot(), 'examples/web'));
  await untilAnswering(await benchHost(lab, 'cp1'), folder);
  const total = at();
  const again = await kubewright('init', 'cp1', '--lab', lab, '-o', 'json');
  const joinedAgain = await kubewright('join', 'w1', '--lab', lab, '-o', 'json');
  const second = [
    { host: 'cp1', ...again.result },
    { host: 'w1', ...joinedAgain.result.hosts?.[0] },
  ];
  const seconds = (value: number) => `${value.toFixed(1)} s`;
  return [
    table([
      ['bare hosts to the application answering', seconds(total)],
      ['  init cp1', seconds(init.seconds)],
      ['  join w1', seconds(joined.seconds)],
      ['  apply -f examples/web', seconds(applied.seconds)],
      ['  until the Service answers', seconds(total - init.seconds - joined.seconds - applied.seconds)],
      ['(booting the two hosts, before)', seconds((started - booting) / 1000)],
    ]),
    table([
      ['second run', 'seconds', 'changed', 'round trips'],
      ...second.map(({ host, changed, roundTrips }, index) => [
        host,
        [again, joinedAgain][index]!.seconds.toFixed(2),
        String(changed),
        String(roundTrips),
      ]),
    ]),
    table([
      ['the command itself', 'peak MB', 'CPU s'],
      ...Object.entries({
        init,
        'init, second run': again,
        join: joined,
        'join, second run': joinedAgain,
      }).map(([name, { peakMegabytes, cpuSeconds }]) => [
        name,
        peakMegabytes.toFixed(0),
        cpuSeconds.toFixed(2),
      ]),
    ]),
  ].join('\n\n');
}

async function command(folder: string, args: readonly string[]): Promise<Outcome> {
  const peak = join(folder, 'peak');
  await rm(peak, { force: true });
  const started = performance.now();
  const ended = await timed([join(packageRoot(), 'bin/run.js'), ...args], {
    started,
    env: {
      KUBECONFIG: join(folder, 'kubeconfig'),
      KUBEWRIGHT_BENCH_PEAK: peak,
      NODE_OPTIONS: `--import=${pathToFileURL(join(packageRoot(), 'test/bench/peak.mjs'))}`,
    },
  });
  if (ended.exit !== 0) throw new Error(`kubewright ${args.join(' ')} failed:\n${lastLines(ended.lines)}`);
  const peakKilobytes = Math.max(...(await readFile(peak, 'utf8')).trim().split('\n').map(Number));
  const stdout = ended.lines.filter(({ stream }) => stream === 'stdout').map(({ text }) => text);
  const result = args.includes('json') ? JSON.parse(stdout.join('\n')) : {};
  return { ...ended, result, peakMegabytes: (peakKilobytes * 1024) / 1e6 };
}

/** Asked on the control plane, whose taint keeps the application's pods on the other host. */
async function untilAnswering(host: BenchHost, folder: string): Promise<void> {
  const asked = ['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}'];
  const found = await timed([join(packageRoot(), 'bin/run.js'), ...asked], {
    started: performance.now(),
    env: { KUBECONFIG: join(folder, 'kubeconfig') },
  });
  const address = found.lines.find(({ stream }) => stream === 'stdout')?.text ?? '';
  const script =
    'i=0; until curl -fsS --max-time 1 "http://$1/hostname"; do i=$((i + 1)); [ $i -lt 600 ] || exit 1; sleep 0.1; done';
  const { exit, lines } = await timed(host.ssh('sh', '-c', script, 'sh', address), {
    started: performance.now(),
  });
  if (exit !== 0) throw new Error(`the Service ${address} does not answer:\n${lastLines(lines)}`);
}
