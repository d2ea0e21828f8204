import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { hostArch } from '../../../../src/artifacts/arch.ts';
import { BuildSource } from '../../../../src/artifacts/build/source.ts';
import { Cache } from '../../../../src/artifacts/cache.ts';
import { newest } from '../../../../src/artifacts/catalog.ts';
import { poll } from '../../../../src/base/wait.ts';
import { temporaryFolder } from '../support.ts';

const compiles = spawnSync('gcc', ['-static', '-x', 'c', '-', '-o', '/dev/null'], {
  input: 'int main(){return 0;}',
});
const can = compiles.status === 0;
const pids = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
beforeAll(() => {
  if (!can) console.log('SKIPPED: pause, there is no C compiler here');
  else if (!pids) console.log('SKIPPED: pause as process 1, PID namespaces need root');
});

async function build(): Promise<string> {
  const cache = new Cache(temporaryFolder());
  const source = new BuildSource({
    catalog: newest,
    cache,
    env: process.env,
    components: 'components',
    templates: 'templates/images',
  });
  const request = { component: 'pause', version: '3.10.2', arch: hostArch() };
  for (const work of await source.work([request])) await work.run();
  return (await source.find(request))!.path;
}

async function running(argv: string[]): Promise<ChildProcess> {
  const child = spawn(argv[0]!, argv.slice(1), { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child;
}

const field = (pid: number, name: string) =>
  new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
/** Asleep: it waits for signals, and does nothing else that sleeps. */
const ready = (pid: number) =>
  poll({ intervalMs: 10, timeoutMs: 5000 }, async () => (field(pid, 'State') === 'S' ? true : undefined));

test.skipIf(!can)('pause ends well on SIGTERM and on SIGINT', async () => {
  const path = await build();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const child = await running([path]);
    expect(await ready(child.pid!)).toBe(true);
    child.kill(signal);
    expect(await once(child, 'exit')).toEqual([0, null]);
  }
});

test.skipIf(!can)(
  'pause -v says its version and ends: the Job of kubeadm upgrade did not complete',
  async () => {
    expect(execFileSync(await build(), ['-v'], { encoding: 'utf8' })).toBe('pause 3.10.2\n');
  },
);

test.skipIf(!can || !pids)('pause as process 1 collects the orphans that it inherits', async () => {
  const path = await build();
  // The shell becomes pause; what it started ends afterwards and has nobody else.
  const script = `sleep 0.3 & sleep 0.4 & exec ${path}`;
  const outer = await running(['unshare', '--pid', '--fork', '--kill-child', 'sh', '-c', script]);
  const children = (pid: number) =>
    readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  const first = await poll({ intervalMs: 10, timeoutMs: 5000 }, async () => children(outer.pid!)[0]);
  expect(first).toBeDefined();
  const left = await poll({ intervalMs: 20, timeoutMs: 5000 }, async () =>
    field(first!, 'Name') !== 'sh' && children(first!).length === 0 ? 0 : undefined,
  );
  expect(left, 'children that nobody collected').toBe(0);
  execFileSync('kill', ['-TERM', String(first)]);
  expect(await once(outer, 'exit')).toEqual([0, null]);
});
