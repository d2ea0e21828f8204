import { KubewrightError } from '../base/errors.ts';
import type { Status } from './port.ts';

export interface Refusal {
  server: string;
  method: string;
  path: string;
  httpStatus: number;
  status: Status;
  hint?: string;
}

/**
 * What the API server answered with a status from 400 up. `code` is the server's reason (NotFound, Conflict,
 * Forbidden …), or TypeNotFound where the path itself does not exist; `message` is the server's own text.
 */
export class ApiError extends KubewrightError {
  readonly status: Status;
  readonly httpStatus: number;
  readonly method: string;
  readonly path: string;

  constructor(refusal: Refusal) {
    const { status, httpStatus } = refusal;
    super({
      code: codeOf(refusal),
      message: messageOf(refusal),
      hint: refusal.hint ?? hintOf(refusal),
      exit: 'failure',
    });
    this.status = status;
    this.httpStatus = httpStatus;
    this.method = refusal.method;
    this.path = refusal.path;
  }

  get reason(): string {
    return this.status.reason ?? '';
  }
}

export const isNotFound = (error: unknown): boolean => hasStatus(error, 404);
export const isConflict = (error: unknown): boolean => hasStatus(error, 409);
export const isGone = (error: unknown): boolean => hasStatus(error, 410);
export const isForbidden = (error: unknown): boolean => hasStatus(error, 403);

function hasStatus(error: unknown, httpStatus: number): boolean {
  return error instanceof ApiError && error.httpStatus === httpStatus;
}

/** A 404 that names no object is about the path: the server has no such type. */
function lacksType({ httpStatus, status }: Refusal): boolean {
  return httpStatus === 404 && !status.details?.name;
}

function codeOf(refusal: Refusal): string {
  if (lacksType(refusal)) return 'TypeNotFound';
  return refusal.status.reason || `Http${refusal.httpStatus}`;
}

function messageOf(refusal: Refusal): string {
  const words = refusal.status.message?.trim();
  if (refusal.httpStatus === 401)
    return `${refusal.server} does not accept the credentials (401 Unauthorized)`;
  if (lacksType(refusal)) return `${refusal.server} has nothing at ${refusal.path} (404): no such type there`;
  return words || `${refusal.server} answered ${refusal.httpStatus} to ${refusal.method} ${refusal.path}`;
}

function hintOf(refusal: Refusal): string | undefined {
  if (refusal.httpStatus === 401)
    return 'check the user of the current context: its certificate or token may belong to another cluster or be expired';
  if (refusal.httpStatus === 403)
    return 'ask for a role that allows this, or use another context (--context)';
  if (refusal.httpStatus === 413) return 'the request is larger than the API server takes (3 MiB)';
  return undefined;
}

/** Reads a body of any kind as metav1.Status; proxies and old paths answer plain text, gRPC gateways `{code, message}`. */
export function toStatus(httpStatus: number, body: unknown): Status {
  if (typeof body === 'object' && body !== null && (body as Status).kind === 'Status') return body as Status;
  const words = typeof body === 'string' ? body : (body as { message?: unknown } | null | undefined)?.message;
  const message = typeof words === 'string' ? words.trim().slice(0, 2000) : '';
  return { kind: 'Status', status: 'Failure', message, code: httpStatus };
}
