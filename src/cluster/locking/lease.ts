import type { Host } from '../../host/port.ts';

/** This run's hold on one host: an epoch that the host checks before every operation, good for `seconds` unrenewed. */
export class Lease {
  readonly host: Host;
  readonly epoch: number;
  readonly #owner: string;
  readonly #seconds: number;
  readonly #clock: () => number;
  #renewed: number;
  #beat: NodeJS.Timeout | undefined;

  /** `taken`: when the host was asked for it, by the same clock. */
  constructor(
    host: Host,
    about: { epoch: number; owner: string; seconds: number },
    clock: () => number,
    taken: number,
  ) {
    this.host = host;
    this.epoch = about.epoch;
    this.#owner = about.owner;
    this.#seconds = about.seconds;
    this.#clock = clock;
    this.#renewed = taken;
  }

  /** Nobody else can have it. Half of the lease is left for what is done on the strength of it. */
  get sure(): boolean {
    return this.#clock() - this.#renewed < this.#seconds / 2;
  }

  get passed(): boolean {
    return this.#clock() - this.#renewed >= this.#seconds;
  }

  /** The host acknowledged something that it was asked at that time, and that renews. */
  heard(asked: number): void {
    this.#renewed = Math.max(this.#renewed, asked);
  }

  /** Throws LockLost where another run has it, or why the host could not be asked. */
  async renew(): Promise<void> {
    const asked = this.#clock();
    await this.host.lock({ owner: this.#owner, seconds: this.#seconds, epoch: this.epoch });
    this.heard(asked);
  }

  /** Renews it as long as it is held; what comes of it each time is told. */
  keep(told: (error: unknown) => void): void {
    const beat = () =>
      this.renew().then(
        () => told(undefined),
        (error: unknown) => told(error),
      );
    this.#beat = setInterval(beat, (this.#seconds * 1000) / 3);
  }

  /** A host that cannot be reached any more lets go by itself when the lease has run out. */
  async release({ forget = false }: { forget?: boolean } = {}): Promise<void> {
    clearInterval(this.#beat);
    await this.host.unlock(this.epoch, { forget }).catch(() => undefined);
  }
}
