import { Duplex, Writable } from 'node:stream';
import type { Channel as SshChannel } from 'ssh2';

type Done = (error?: Error | null) => void;

/**
 * The input of a command. ssh2 leaves a write unanswered for ever when the command ends before it has read
 * everything; here it fails with EPIPE.
 */
export class ChannelInput extends Writable {
  readonly #channel: SshChannel;
  #pending: Done | undefined;

  constructor(channel: SshChannel) {
    super();
    this.#channel = channel;
    channel.on('close', () => {
      if (!this.writableFinished) this.destroy(brokenPipe());
    });
    // The exit says why; nobody has to listen here.
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#pending = done;
    this.#channel.write(chunk, (error) => {
      if (this.#pending !== done) return; // answered when the channel went away
      this.#pending = undefined;
      done(error);
    });
  }

  override _final(done: Done): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.(error ?? brokenPipe());
    done(error);
  }
}

/** A tunnel as an ordinary socket-like stream: ends, errors and destroys as Node's own streams do. */
export class TunnelStream extends Duplex {
  readonly #channel: SshChannel;
  #pending: Done | undefined;

  constructor(channel: SshChannel) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    // A tunnel that nobody looks at any more must not end the process.
    this.on('error', () => undefined);
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.on('end', () => this.push(null));
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('close', () => {
      if (this.#pending) this.destroy(brokenPipe());
      else this.end(); // what has arrived may still be read
    });
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    this.#pending = done;
    this.#channel.write(chunk, (error) => {
      if (this.#pending !== done) return; // answered when the channel went away
      this.#pending = undefined;
      done(error);
    });
  }

  override _final(done: Done): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#channel.close();
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.(error ?? brokenPipe());
    done(error);
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error('the other side closed before it had read everything'), { code: 'EPIPE' });
}
