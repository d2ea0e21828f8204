import type { KubewrightError } from '../base/errors.ts';
import type { Operation, OperationResult, Query } from '../host/port.ts';
import type { PlannedChange } from './changes.ts';
import type { Seen } from './seen.ts';

/**
 * The smallest unit of work on one host: looks, decides, and says what it would change. `check` only reads what
 * `look` asked for, so that the looks of a whole run travel together. No step asks whether this is a dry run.
 */
export interface Step {
  /** Unique in its phase; part of operation ids and of the journal. */
  name: string;
  look?: readonly Query[];
  check(seen: Seen): Verdict | Promise<Verdict>;
}

export type Verdict =
  | { status: 'done' }
  | {
      status: 'change';
      summary: string[];
      change: Change;
      /** What of it is known before it is carried out; a plan can show these files' contents. */
      known?: readonly OperationDraft[];
      /** What operations do not tell, or tell worse: objects, what is generated. A plan has these in place of `known`. */
      announce?: readonly PlannedChange[];
    }
  /** Nothing to change, something to wait for: always run, never counted as a change. */
  | { status: 'wait'; for: string; wait(signal: AbortSignal): Promise<void> }
  /** Cannot be decided before something else has been applied; in a plan it stands as such. */
  | {
      status: 'deferred';
      on: string;
      why: string;
      /** What it could not be decided for; told where nothing is to come that would change it. */
      cause?: KubewrightError;
      /** The only paths that it may come to; without them it is bounded by its own name alone. */
      targets?: readonly string[];
    };

export type Change =
  /** Changes on the host. Each is journalled there, which is how reset takes it back. */
  | {
      kind: 'operations';
      lane?: 'main' | 'bulk';
      /** Called only when it is carried out: keys are generated here, never in a plan. */
      operations(signal?: AbortSignal): OperationDraft[] | Promise<OperationDraft[]>;
    }
  /** Changes on the host whose way shows while they are carried out: what was refused may be sent in another form. */
  | { kind: 'dialogue'; run(send: Send, signal: AbortSignal): Promise<void> }
  /** A change outside the host, such as an API object. `permanent` says why reset does not undo it. */
  | { kind: 'action'; permanent: string; run(signal: AbortSignal): Promise<void> };

/** Carries out operations, which are numbered from 1 each time; throws for what reason the host refused one. */
export type Send = (
  drafts: readonly OperationDraft[],
  options?: {
    lane?: 'main' | 'bulk';
    /** In place of the step's name in their ids: what is done once, whichever step comes first. */
    as?: string;
  },
) => Promise<OperationResult[]>;

/** An operation before the runner gives it its id, `phase/step/n`. */
export type OperationDraft = Operation extends infer O
  ? O extends Operation
    ? Omit<O, 'id'>
    : never
  : never;

export const done: Verdict = { status: 'done' };

export function change(
  summary: string,
  operations: OperationDraft[],
  { lane, announce }: { lane?: 'main' | 'bulk'; announce?: readonly PlannedChange[] } = {},
): Verdict {
  return {
    status: 'change',
    summary: [summary],
    change: { kind: 'operations', operations: () => operations, ...(lane ? { lane } : {}) },
    known: operations,
    ...(announce ? { announce } : {}),
  };
}
