import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerBusy } from '../ssh/busy.ts';
import { Deadline } from '../ssh/deadline.ts';
import type { SshOptions } from '../ssh/options.ts';
import type { Target } from '../ssh/target.ts';
import { destination, masterArguments, READY, timeoutOf } from './arguments.ts';
import { type Askpass, startAskpass } from './askpass.ts';
import { isBusy, masterFailure } from './failure.ts';
import { LogFile } from './log.ts';
import type { Peer } from './resolve.ts';

/** An ssh that is logged in and serves others over a socket (ControlMaster). */
export interface Master {
  child: ChildProcess;
  /** Private to us: the socket, logs, the askpass program. Goes with the process. */
  folder: string;
  socket: string;
  log: LogFile;
  address: string;
}

export interface MasterContext {
  target: Target;
  peer: Peer;
  options: SshOptions;
  env: NodeJS.ProcessEnv;
  /** templates/ssh: what runs beside ssh. */
  programs: string;
}

/** Throws what masterFailure makes of its log, ServerBusy where it is worth another try. */
export async function openMaster(context: MasterContext): Promise<Master> {
  const { target, peer, options, env } = context;
  options.signal?.throwIfAborted();
  // Short: a socket's path may have 104 characters at most, and ssh appends to it while it binds.
  const folder = mkdtempSync(join(tmpdir(), 'kw-ssh-'));
  const socket = join(folder, 's');
  const log = new LogFile(join(folder, 'master.log'));
  let timedOut: string | undefined;
  let child: ChildProcess | undefined;
  const timeoutMs = timeoutOf(peer, options);
  const deadline = new Deadline(timeoutMs, () => {
    timedOut = `timeout: no login within ${timeoutMs / 1000} s`;
    kill(child);
  });
  const abort = () => kill(child);
  let askpass: Askpass | undefined;
  try {
    const script = join(context.programs, 'askpass.mjs');
    askpass = await startAskpass(folder, script, peer, options.prompts, deadline);
    const argv = [...masterArguments(socket, log.path, peer, options), ...destination(target, options)];
    // A session of its own: Ctrl-C at the terminal is for us, what runs on the host has to end by itself.
    child = spawn('sh', [join(context.programs, 'master.sh'), ...argv], {
      env: { ...env, ...askpass.env },
      stdio: ['pipe', 'pipe', 'ignore'],
      detached: true,
    });
    child.stdin?.on('error', () => undefined);
    options.signal?.addEventListener('abort', abort, { once: true });
    const up = await isReady(child);
    options.signal?.throwIfAborted();
    if (!up) {
      const told = masterFailure(peer, log, timedOut === undefined ? {} : { timedOut });
      throw isBusy(log) ? new ServerBusy(told.message, { cause: told }) : told;
    }
    const address = /Authenticated to .*? \(\[([^\]]+)\]:\d+\)/.exec(log.text())?.[1] ?? peer.host;
    child.once('close', () => rmSync(folder, { recursive: true, force: true }));
    return { child, folder, socket, log, address };
  } catch (error) {
    kill(child);
    rmSync(folder, { recursive: true, force: true });
    throw error;
  } finally {
    askpass?.close();
    deadline.cancel();
    options.signal?.removeEventListener('abort', abort);
  }
}

/** ssh with what runs beside it: a process group of its own. */
export function kill(master: ChildProcess | undefined): void {
  if (master?.pid === undefined || master.exitCode !== null || master.signalCode !== null) return;
  try {
    process.kill(-master.pid, 'SIGKILL');
  } catch {
    // It has just ended by itself.
  }
}

function isReady(child: ChildProcess): Promise<boolean> {
  return new Promise((resolve) => {
    let said = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      said += chunk;
      if (said.includes(READY)) resolve(true);
    });
    child.once('error', () => resolve(false));
    child.once('close', () => resolve(false));
  });
}
