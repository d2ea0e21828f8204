import { Duplex, Writable } from 'node:stream';
import type { Channel as SshChannel } from 'ssh2';

/**
 * The input of a command. ssh2 leaves a write unanswered for ever when the command ends before it has read
 * everything; here it fails with EPIPE.
 */
export class ChannelInput extends Writable {
  readonly #channel: SshChannel;

  constructor(channel: SshChannel) {
    super();
    this.#channel = channel;
    channel.on('close', () => {
      if (!this.writableFinished) this.destroy(brokenPipe());
    });
    // The exit says why; nobody has to listen here.
    this.on('error', () => undefined);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end();
    done();
  }
}

/** A tunnel as an ordinary socket-like stream: ends, errors and destroys as Node's own streams do. */
export class TunnelStream extends Duplex {
  readonly #channel: SshChannel;
  readonly #lost: () => Error | undefined;

  constructor(channel: SshChannel, lost: () => Error | undefined) {
    super({ allowHalfOpen: true });
    this.#channel = channel;
    this.#lost = lost;
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.on('end', () => this.#lost() ?? this.push(null));
    channel.on('error', (error: Error) => this.destroy(error));
    channel.on('close', () => {
      const lost = this.#lost();
      if (lost) this.destroy(lost);
      else if (!this.writableFinished) this.#endRead(brokenPipe());
      else this.#endRead();
    });
  }

  /** Lets what has arrived be read before the stream goes. */
  #endRead(error?: Error): void {
    if (this.readableEnded) this.destroy(error && this.writableNeedDrain ? error : undefined);
    else this.once('end', () => this.destroy());
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#channel.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#channel.close();
    done(error);
  }
}

function brokenPipe(): Error {
  return Object.assign(new Error('the other side closed before it had read everything'), { code: 'EPIPE' });
}
