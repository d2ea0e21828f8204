import type { ApiError } from '../errors.ts';
import type { ApiRequest } from '../port.ts';

/**
 * Whether the request may be sent a second time when nobody knows if the first one was carried out. Apply
 * patches and whole-object writes say the same thing twice; a JSON or merge patch only when it carries a
 * precondition, which the caller knows and we do not; a deletion only of one certain object.
 */
export function isIdempotent(request: ApiRequest): boolean {
  switch (request.method ?? 'GET') {
    case 'GET':
    case 'PUT':
      return true;
    case 'PATCH':
      return request.contentType?.startsWith('application/apply-patch') ?? false;
    case 'DELETE':
      return Boolean((request.body as { preconditions?: { uid?: string } } | undefined)?.preconditions?.uid);
    default:
      return false;
  }
}

const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ConnectTimeout',
]);

/** The connection did not come about, so the server cannot have seen the request. */
export function neverSent(error: unknown): boolean {
  return codes(error).some((code) => NEVER_SENT.has(code));
}

/** The connection stood, but the server did not begin with the request. */
export const refusedUnseen = (error: unknown): boolean => codes(error).includes('RequestNotTaken');

/** The request went out, and the connection was lost before the whole answer came. */
export const cutOff = (error: unknown): boolean => codes(error)[0] === 'AnswerIncomplete';

/** The connection broke: reset, GOAWAY, closed in the middle of a body. */
export function connectionBroke(error: unknown): boolean {
  return codes(error).some((code) =>
    /^(AnswerIncomplete|NoAnswer|ECONNRESET|EPIPE|ETIMEDOUT|ERR_HTTP2_.*|ERR_STREAM_PREMATURE_CLOSE)$/.test(
      code,
    ),
  );
}

function codes(error: unknown, depth = 0): string[] {
  const { code, cause, errors } = (error ?? {}) as { code?: unknown; cause?: unknown; errors?: unknown[] };
  if (depth === 5) return [];
  const inner = errors ?? (cause === undefined ? [] : [cause]);
  return [...(typeof code === 'string' ? [code] : []), ...inner.flatMap((each) => codes(each, depth + 1))];
}

/** Of etcd's errors (api/v3rpc/rpctypes/error.go) those that pass; a full disk or a request too large do not. */
const ETCD_PASSES =
  /etcdserver: (no leader|not leader|leader changed|request timed out|server stopped|unhealthy cluster)|rpc error: code = (Unavailable|DeadlineExceeded)/;

/**
 * The server is up, but cannot work: starting, ending, or without its etcd. Another one may be well.
 * A 503 without a reason comes from what stands behind the server (an aggregated API, a pod), for all servers alike.
 */
export function isUnwell({ httpStatus, status }: ApiError): boolean {
  const text = status.message ?? '';
  if (httpStatus === 429) return /shutting down/.test(text);
  if (httpStatus === 500) return ETCD_PASSES.test(text);
  return httpStatus > 501 && httpStatus < 505 && Boolean(status.reason);
}

/** Milliseconds of `Retry-After: SECONDS`; undefined when there is none. */
export function retryAfter(header: string | string[] | undefined): number | undefined {
  const seconds = Number([header].flat()[0]);
  return Number.isFinite(seconds) && seconds >= 0 && header !== undefined ? seconds * 1000 : undefined;
}

/** 100 ms, 200 ms … 2 s, with a spread so that many do not come back at once. */
export function backoff(attempt: number): number {
  return Math.min(2000, 100 * 2 ** attempt) * (0.75 + Math.random() / 2);
}
