import { EXIT, type ExitName } from './exit-codes.ts';

export interface ErrorDetails {
  /** Stable, machine-readable: `HostUnreachable`, `PreflightFailed`. Part of the contract. */
  code: string;
  /** One sentence: what happened, and on what. */
  message: string;
  /** What to do next, a command where there is one. */
  hint?: string;
  /** Where it happened. */
  host?: string;
  step?: string;
  /** The last lines of what was seen: stderr, log lines, bytes. Never secrets. */
  evidence?: string;
  exit: ExitName;
  cause?: unknown;
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The user's, the host's or the cluster's fault, told in words; anything else that is thrown is our bug. */
export class KubewrightError extends Error {
  override readonly name = 'KubewrightError';
  readonly code: string;
  readonly hint: string | undefined;
  readonly host: string | undefined;
  readonly step: string | undefined;
  readonly evidence: string | undefined;
  readonly exit: number;

  constructor(details: ErrorDetails) {
    super(details.message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = details.code;
    this.hint = details.hint;
    this.host = details.host;
    this.step = details.step;
    this.evidence = details.evidence;
    this.exit = EXIT[details.exit];
  }
}
