import { KubewrightError } from '../base/errors.ts';
import type { Agent } from './agent.ts';
import type { Encoded } from './encode.ts';
import { failure } from './failure.ts';
import type { FaultHook } from './fault.ts';
import { Lost } from './frames.ts';
import type { ApplyOptions, OperationResult } from './port.ts';

/** Operations on their way without an answer: hides the latency, and bounds what an abort cannot stop any more. */
const WINDOW = 8;
/** With more than this left of a failed operation's content, a new shell is cheaper than sending the rest. */
const WORTH_DRAINING = 1024 * 1024;

export interface Exchange {
  host: string;
  agent: Agent;
  operations: readonly Encoded[];
  options: ApplyOptions;
  fault: FaultHook;
  /** Sent before on a connection that was lost. */
  again: boolean;
  acknowledge: (result: OperationResult) => void;
  progress: (bytes: number) => void;
}

/** One batch over one applier. Resolves when all operations sent were answered; throws the first failure, or `Lost`. */
export async function exchange(about: Exchange): Promise<void> {
  const state = new State();
  const receiving = receive(about, state);
  const sending = send(about, state).catch((error: unknown) => {
    state.stop(error);
    if (!(error instanceof Lost)) about.agent.kill();
    throw error;
  });
  const [sent, received] = await Promise.allSettled([sending, receiving]);
  if (state.failure) throw state.failure;
  if (sent.status === 'rejected') throw sent.reason;
  if (received.status === 'rejected') throw received.reason;
  if (state.sent < about.operations.length) about.options.signal?.throwIfAborted();
}

/** What sender and receiver tell each other. */
class State {
  sent = 0;
  answered = 0;
  finished = false;
  failure: unknown;
  stopped: unknown;
  #wake: (() => void)[] = [];

  notify(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  stop(reason: unknown): void {
    this.stopped ??= reason;
    this.notify();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition() && !this.stopped) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }
}

async function send(about: Exchange, state: State): Promise<void> {
  const { agent, options, fault } = about;
  let head = `batch ${options.epoch ?? "''"} ${about.again ? '1' : "''"}\n`;
  for (const encoded of about.operations) {
    const { id } = encoded.operation;
    await state.until(() => state.sent - state.answered < WINDOW);
    if (fault.due(id, 'before')) {
      await state.until(() => state.sent === state.answered);
      await fault.strike(agent.connection);
    }
    if (state.stopped || options.signal?.aborted) break;
    fault.sent(id);
    state.sent++;
    state.notify();
    await transmit(about, encoded, `${head}${encoded.line}\n`, state);
    head = '';
  }
  if (head === '' && agent.alive) await agent.write('finish\n');
  state.finished = true;
  state.notify();
}

async function transmit(about: Exchange, encoded: Encoded, line: string, state: State): Promise<void> {
  const { agent } = about;
  const middle = about.fault.due(encoded.operation.id, 'mid');
  if (encoded.blob) {
    await agent.write(line);
    await stream(about, encoded, state, middle);
    return;
  }
  const bytes = Buffer.concat([Buffer.from(line), encoded.content ?? Buffer.alloc(0)]);
  if (middle) {
    // A host that fetches is in the middle of it once it has the whole request.
    const whole = 'from' in encoded.operation ? bytes.length : bytes.length >> 1;
    const half = encoded.size > 0 ? bytes.length - Math.ceil(encoded.size / 2) : whole;
    await agent.write(bytes.subarray(0, half));
    await about.fault.strike(agent.connection);
  }
  await agent.write(bytes);
}

async function stream(about: Exchange, encoded: Encoded, state: State, middle: boolean): Promise<void> {
  const { agent } = about;
  let left = encoded.size;
  for await (const chunk of encoded.blob!.open() as AsyncIterable<Buffer>) {
    if (chunk.length > left) throw wrongSize(about.host, encoded);
    await agent.write(chunk);
    left -= chunk.length;
    about.progress(chunk.length);
    if (middle && left <= encoded.size / 2) await about.fault.strike(agent.connection);
    if (state.stopped && left > WORTH_DRAINING) return agent.kill();
  }
  if (left > 0) throw wrongSize(about.host, encoded);
}

function wrongSize(host: string, encoded: Encoded): KubewrightError {
  return new KubewrightError({
    code: 'ArtifactDamaged',
    message: `an artifact for ${encoded.operation.id} is not ${encoded.size} bytes long any more`,
    hint: 'It changed while it was read. Run the same command again; it is then fetched or built anew.',
    host,
    step: encoded.operation.id,
    exit: 'artifact',
  });
}

async function receive(about: Exchange, state: State): Promise<void> {
  const { agent, operations, options } = about;
  let last = performance.now();
  try {
    for (const encoded of operations) {
      await state.until(() => state.sent > state.answered || state.finished);
      if (state.sent === state.answered) break;
      const frame = await agent.answer('op');
      const errors = await agent.answer('err');
      const { operation } = encoded;
      if (about.fault.due(operation.id, 'after-unacked')) await about.fault.strike(agent.connection);
      const [, , outcome, code, ...why] = frame.words;
      if (outcome !== 'ok') {
        const reason = { words: why, code: Number(code), stderr: errors.body.toString('utf8') };
        state.failure = failure(about.host, operation, reason);
        state.stop(state.failure);
        break;
      }
      const seconds = (performance.now() - last) / 1000;
      last = performance.now();
      state.answered++;
      const result = {
        id: operation.id,
        stdout: frame.body.toString('utf8'),
        stderr: errors.body.toString('utf8'),
        exit: Number(code),
        seconds,
      };
      about.acknowledge(result);
      options.onDone?.(result);
      state.notify();
    }
    if (state.sent > 0) await agent.answer('end');
  } catch (error) {
    state.stop(error);
    throw error;
  }
}
