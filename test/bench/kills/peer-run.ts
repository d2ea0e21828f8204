import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../../../src/base/wait.ts';
import { cgroupFolders, cgroupLayout, cgroupProcesses } from '../../../src/lab/cgroups.ts';
import { power } from '../../../src/lab/power.ts';
import { readRecord } from '../../../src/lab/record.ts';
import type { BenchHost } from '../lab-host.ts';

/** Those of test/lab/matrix. */
export const PEER_KINDS = ['kill9', 'power', 'cut'] as const;
export type PeerKind = (typeof PEER_KINDS)[number];

export interface PeerRun {
  exit: number;
  lines: string[];
  /** The line at which it was struck; undefined where it did not come by. */
  struck?: string;
}

export interface Strike {
  kind: PeerKind;
  /** At the appearance of the n-th of the lines that name a phase, from 0. */
  at: number;
}

/** kubeadm waits up to four minutes for what does not come. */
const LIMIT_MS = 420_000;

/** What it tells before it changes anything is no place to be killed at. */
export const namesPhase = (line: string): boolean => /^\[(?!preflight|init)[\w/-]+\]/.test(line);

/** Carries out `kubeadm ARGUMENTS` through ssh. Everything has come to rest when this answers. */
export async function runPeer(host: BenchHost, args: readonly string[], strike?: Strike): Promise<PeerRun> {
  const [program = '', ...rest] = host.ssh('sh', '-c', 'exec kubeadm "$@" 2>&1', 'sh', ...args);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'], timeout: LIMIT_MS });
  const lines: string[] = [];
  let [tail, phases] = ['', 0];
  let struck: { line: string; done: Promise<void> } | undefined;
  const hear = (line: string): void => {
    lines.push(line);
    if (!namesPhase(line) || phases++ !== strike?.at) return;
    struck = { line, done: act[strike.kind](host, () => child.kill('SIGKILL')) };
  };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const parts = (tail + text).split('\n');
    tail = parts.pop() ?? '';
    for (const part of parts) hear(part);
  });
  const exit = await new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 128));
  });
  await struck?.done;
  return { exit, lines, ...(struck ? { struck: struck.line } : {}) };
}

const act: Record<PeerKind, (host: BenchHost, cut: () => void) => Promise<void>> = {
  kill9: async (host) => {
    for (const pid of await peerProcesses(host)) process.kill(pid, 'SIGKILL');
  },
  // It ends with its next line, which nobody takes any more.
  cut: async (host, cut) => {
    cut();
    const gone = async () => ((await peerProcesses(host)).length === 0 ? true : undefined);
    if (!(await poll({ intervalMs: 200, timeoutMs: LIMIT_MS }, gone)))
      throw new Error('kubeadm does not end');
  },
  power: async ({ lab, name }) => {
    await power(lab, name, 'cut', process.env);
    await power(lab, name, 'boot', process.env);
  },
};

/** From this machine, which sees the host's processes: no time goes by for a connection. */
async function peerProcesses(host: BenchHost): Promise<number[]> {
  const record = await readRecord(process.env, host.lab);
  const folders = cgroupFolders(await cgroupLayout(), join(record?.cgroup ?? '', host.name));
  const all = await Promise.all(
    [...(await cgroupProcesses(folders))].map(async (pid) => {
      const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
      return name.trim() === 'kubeadm' ? [pid] : [];
    }),
  );
  return all.flat();
}
