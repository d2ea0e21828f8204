import type {
  Answers,
  ApplyOptions,
  Host,
  LockAnswer,
  LockRequest,
  Operation,
  OperationResult,
  Query,
} from '../../host/port.ts';

export interface Guard {
  /** Changes it with the epoch of this run's lock, which is taken now where it is not held yet. */
  apply(host: Host, batch: readonly Operation[], options: ApplyOptions): Promise<OperationResult[]>;
  confirm(host: Host): Promise<void>;
}

/** A host as a run sees it: nothing reaches it that does not carry the epoch of the lock. */
export class GuardedHost implements Host {
  readonly inner: Host;
  readonly #guard: Guard;

  constructor(inner: Host, guard: Guard) {
    this.inner = inner;
    this.#guard = guard;
  }

  get name(): string {
    return this.inner.name;
  }

  get address(): string {
    return this.inner.address;
  }

  get roundTrips(): number {
    return this.inner.roundTrips;
  }

  inspect<const Q extends readonly Query[]>(queries: Q): Promise<Answers<Q>> {
    return this.inner.inspect(queries);
  }

  async apply(batch: readonly Operation[], options: ApplyOptions = {}): Promise<OperationResult[]> {
    return batch.length === 0 ? [] : this.#guard.apply(this.inner, batch, options);
  }

  confirm(): Promise<void> {
    return this.#guard.confirm(this.inner);
  }

  lock(request: LockRequest): Promise<LockAnswer> {
    return this.inner.lock(request);
  }

  unlock(epoch: number, options?: { forget?: boolean }): Promise<void> {
    return this.inner.unlock(epoch, options);
  }

  tunnel(host: string, port: number) {
    return this.inner.tunnel(host, port);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
