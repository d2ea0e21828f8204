import type { Writable } from 'node:stream';

/** stdout and stderr of the process: a reader that went away is no error, and what was written arrives. */
export class ProcessStreams {
  readonly #streams: Writable[];

  constructor(streams: { stdout: Writable; stderr: Writable }) {
    this.#streams = [streams.stdout, streams.stderr];
    for (const stream of this.#streams) stream.on('error', brokenPipe);
  }

  /** Pipes are written asynchronously; process.exit would cut them short. */
  async flush(): Promise<void> {
    const written = (stream: Writable) =>
      new Promise<void>((resolve) => {
        if (stream.destroyed || stream.writableLength === 0) resolve();
        else stream.write('', () => resolve());
      });
    await Promise.all(this.#streams.map(written));
  }
}

// `kubewright get pods | head -1`: what is under way on hosts goes on to its end, with nobody reading. A terminal that is
// gone answers EIO.
function brokenPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error;
}
