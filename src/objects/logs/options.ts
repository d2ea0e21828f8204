import { usageFault } from '../failures.ts';

export interface LogsOptions {
  /** `POD`, `TYPE/NAME`, and then perhaps a container. */
  words: readonly string[];
  selector?: string;
  container?: string;
  allContainers?: boolean;
  allPods?: boolean;
  follow?: boolean;
  previous?: boolean;
  timestamps?: boolean;
  prefix?: boolean;
  ignoreErrors?: boolean;
  tail?: number;
  /** Milliseconds. */
  sinceMs?: number;
  sinceTime?: string;
  limitBytes?: number;
  /** How many streams `-f` may open; no limit where it is not given. */
  maxRequests?: number;
  podTimeoutMs: number;
  signal?: AbortSignal;
}

const SELECTED_TAIL = 10;

/** kubectl's rules. Throws with its words. */
export function checkLogs(options: LogsOptions): void {
  const { words, selector, container, allContainers, sinceMs, sinceTime, limitBytes, tail } = options;
  if (words.length > 2 || (words.length === 0 && !selector))
    throw usageFault(
      `expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command`,
    );
  if (words.length > 0 && selector) throw usageFault('only a selector (-l) or a POD name is allowed');
  if (container && words.length === 2)
    throw usageFault('only one of -c or an inline [CONTAINER] arg is allowed');
  const named = container ?? words[1];
  if (allContainers && named)
    throw usageFault(`--all-containers=true should not be specified with container name ${named}`);
  if (sinceMs && sinceTime) throw usageFault('at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (limitBytes !== undefined && limitBytes < 0) throw usageFault('--limit-bytes must be greater than 0');
  if (sinceMs !== undefined && sinceMs < 0) throw usageFault('--since must be greater than 0');
  if (tail !== undefined && tail < -1) throw usageFault('--tail must be greater than or equal to -1');
}

/** The query of pods/log (core/v1 PodLogOptions). */
export function logQuery(options: LogsOptions, container: string) {
  const tail = options.tail ?? (options.selector ? SELECTED_TAIL : -1);
  return {
    container,
    follow: options.follow || undefined,
    previous: options.previous || undefined,
    timestamps: options.timestamps || undefined,
    sinceSeconds: options.sinceMs ? Math.max(1, Math.round(options.sinceMs / 1000)) : undefined,
    sinceTime: options.sinceTime,
    tailLines: tail === -1 ? undefined : tail,
    limitBytes: options.limitBytes || undefined,
  };
}
