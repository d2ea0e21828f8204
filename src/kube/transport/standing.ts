/** What is known of the API servers of one cluster. */
export interface Standing {
  /** As the kubeconfig lists them. */
  readonly all: readonly string[];
  /** The last one that worked. */
  readonly good?: string;
  /** Those that failed since they last worked, longest ago first. */
  readonly failed: readonly string[];
}

/**
 * In which order they are tried: what worked last, what nothing is known of, then what failed. Nothing is ever left
 * out, and what failed longest ago comes before what failed just now: a round of failures tries each one once.
 */
export function orderOf({ all, good, failed }: Standing): string[] {
  const unknown = all.filter((server) => server !== good && !failed.includes(server));
  return [...(good === undefined ? [] : [good]), ...unknown, ...failed];
}

export function worked(standing: Standing, server: string): Standing {
  return { all: standing.all, good: server, failed: standing.failed.filter((each) => each !== server) };
}

export function failed({ all, good, failed: before }: Standing, server: string): Standing {
  const since = [...before.filter((each) => each !== server), server];
  return { all, ...(good === undefined || good === server ? {} : { good }), failed: since };
}
