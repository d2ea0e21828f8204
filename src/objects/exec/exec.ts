import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ApiClient } from '../../kube/port.ts';
import { type ChannelSession, exec } from '../../kube/streams/exec.ts';
import { usageFault } from '../failures.ts';
import { bestFirst } from '../pods/best.ts';
import { podsOf } from '../pods/find.ts';
import { chooseContainer } from '../pods/pod.ts';
import { type Terminal, takeTerminal } from './terminal.ts';

export interface ExecOptions {
  /** `POD` or `TYPE/NAME`. */
  target: string;
  command: readonly string[];
  container?: string;
  stdin?: boolean;
  tty?: boolean;
  quiet?: boolean;
  podTimeoutMs: number;
  signal?: AbortSignal;
}

export interface ExecStreams {
  stdin: Readable & Partial<Terminal>;
  stdout: Writable & { columns?: number; rows?: number };
  stderr: Writable;
  note(line: string): void;
}

/** `exec`: runs a command in a container; gives its exit code. The terminal is as before whatever happens. */
export async function execInPod(
  client: ApiClient,
  options: ExecOptions,
  streams: ExecStreams,
): Promise<number> {
  if (options.command.length === 0)
    throw usageFault(
      'you must specify at least one command for the container',
      'kubewright exec POD -- COMMAND',
    );
  const { pods } = await podsOf(client, options.target, options.podTimeoutMs);
  const pod = bestFirst(pods, 'few')[0]!;
  const { phase } = pod.status ?? {};
  if (phase === 'Succeeded' || phase === 'Failed')
    throw usageFault(`cannot exec into a container in a completed pod; current phase is ${phase}`);
  const note = options.quiet ? undefined : streams.note;
  const container = chooseContainer(pod, options.container, note);
  const tty = wantsTerminal(options, streams);
  const session = await exec(client, {
    namespace: pod.metadata.namespace ?? client.namespace,
    pod: pod.metadata.name!,
    container,
    command: options.command,
    stdin: options.stdin,
    tty,
    signal: options.signal,
  });
  return connect(session, { ...options, tty }, streams);
}

function wantsTerminal({ tty, stdin, quiet }: ExecOptions, streams: ExecStreams): boolean {
  if (!tty || !stdin) return false;
  if (streams.stdin.isTTY && streams.stdin.setRawMode) return true;
  if (!quiet) streams.note('Unable to use a TTY - input is not a terminal or the right kind of file');
  return false;
}

async function connect(session: ChannelSession, options: ExecOptions, streams: ExecStreams): Promise<number> {
  const giveBack = options.tty ? takeTerminal(session, streams) : () => undefined;
  try {
    if (options.stdin) forward(streams.stdin, session.stdin);
    const shown = Promise.all([
      pipeline(session.stdout, streams.stdout, { end: false }),
      pipeline(session.stderr, streams.stderr, { end: false }),
    ]);
    const [code] = await Promise.all([session.exit, shown]);
    return code;
  } finally {
    giveBack();
    if (options.stdin) {
      streams.stdin.unpipe?.(session.stdin);
      streams.stdin.pause();
    }
    session.close();
  }
}

/** A command that has ended no longer reads; that is no error. */
function forward(from: Readable, to: Writable): void {
  to.on('error', () => undefined);
  from.pipe(to);
}
