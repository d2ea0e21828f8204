/**
 * What the logic says while it works. It never prints, prompts or exits: a Reporter does, and `-o ndjson`
 * carries these very objects.
 */
export type Event =
  | {
      type: 'run';
      state: 'started' | 'finished' | 'failed';
      command: string;
      hosts: string[];
      seconds?: number;
    }
  /** One of the hosts of a run, as a whole. `reason`: why it failed, in one line. */
  | { type: 'host'; state: 'waiting' | 'working' | 'done' | 'failed'; host: string; reason?: string }
  | {
      type: 'phase';
      state: 'started' | 'finished' | 'failed';
      host: string;
      phase: string;
      title: string;
      /** How many steps changed something; 0 for a phase that found everything in place. */
      changed?: number;
      seconds?: number;
    }
  | {
      type: 'step';
      state: 'changed' | 'unchanged' | 'planned' | 'failed';
      host: string;
      phase: string;
      step: string;
      /** One line: "write /etc/kubernetes/manifests/etcd.yaml (0600)". */
      detail: string;
    }
  /** Long work that can be counted. `total` 0 when it is not known yet. */
  | {
      type: 'progress';
      /** Stable for one piece of work: later events replace earlier ones. */
      id: string;
      label: string;
      done: number;
      total: number;
      unit: 'bytes' | 'items' | 'seconds';
      host?: string;
      finished?: boolean;
    }
  /** Waiting for something outside: what, and what was last seen of it. */
  | { type: 'waiting'; id: string; host?: string; for: string; seen?: string; finished?: boolean }
  | { type: 'message'; level: 'info' | 'warning'; text: string; host?: string }
  /** The run's own time breakdown, at its end. */
  | {
      type: 'timing';
      total: number;
      spans: TimingSpan[];
      /** What the run could not have been shorter without; seconds of it that passed idle, and waiting. */
      critical: { path: TimingSpan[]; idle: number; waiting: number };
    };

export interface TimingSpan {
  name: string;
  host?: string;
  /** Seconds since the start of the run. */
  start: number;
  seconds: number;
  /** Names of spans of this host that it came after. */
  after?: readonly string[];
  /** It lies inside of the span of its name: what was waited for. */
  wait?: string;
}

export interface Reporter {
  emit(event: Event): void;
}

/** For code paths that nobody watches. */
export const silent: Reporter = { emit: () => undefined };
