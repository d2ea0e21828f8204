/** One host's place in the line. */
export interface Turn {
  /** Ends when all who asked before have let go. */
  take(): Promise<void>;
  /** To be called however it ended; without effect where the turn was never taken. */
  release(): void;
}

/** One at a time: etcd has room for one learner, and a majority has to stay while it becomes a voter. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  turn(): Turn {
    let leave: (() => void) | undefined;
    return {
      take: async () => {
        if (leave) return;
        const before = this.#last;
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#last = promise;
        leave = resolve;
        await before;
      },
      release: () => leave?.(),
    };
  }
}
