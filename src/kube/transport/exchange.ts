import { type Sleep, sleep } from '../../base/wait.ts';
import { ApiError, toStatus } from '../errors.ts';
import { stringifyJson } from '../json.ts';
import type { ApiEndpoint, ApiRequest, ApiResponse } from '../port.ts';
import { readBody } from './body.ts';
import { answerLost, at, clientCertificateHint, timedOut, unreachable } from './failures.ts';
import { requestHeaders, target, warningsOf } from './headers.ts';
import type { Lane, LaneAnswer } from './lane.ts';
import type { Limiter } from './limiter.ts';
import {
  backoff,
  connectionBroke,
  cutOff,
  isIdempotent,
  isUnwell,
  neverSent,
  refusedUnseen,
  retryAfter,
} from './retry.ts';

export interface ExchangeContext {
  endpoint: ApiEndpoint;
  lane: Lane;
  limiter: Limiter;
  userAgent: string;
  wait?: Sleep;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** However long a server asks us to wait, longer than this it is asked again. */
const LONGEST_RETRY_AFTER_MS = 30_000;
/** Where there is another server, the first one has so long to begin with its answer, and a third of the whole time. */
const FIRST_ANSWER_MS = 10_000;

/** One request with its answer, through limiter, retries and timeout. See ApiClient.request. */
export async function exchange<T>(context: ExchangeContext, request: ApiRequest): Promise<ApiResponse<T>> {
  const { limiter, endpoint, lane } = context;
  await limiter.acquire(request.signal);
  const ms = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const timer = AbortSignal.timeout(ms);
  const signal = request.signal ? AbortSignal.any([request.signal, timer]) : timer;
  let throttled = false;
  try {
    for (let attempt = 0, refused = false; ; attempt++) {
      const answerMs = attempt === 0 ? Math.min(FIRST_ANSWER_MS, ms / 3) : undefined;
      const outcome: Outcome<T> = await once<T>(context, request, { signal, refused, answerMs });
      if (outcome.response) return outcome.response;
      throttled ||= outcome.throttled ?? false;
      refused = outcome.refused ?? false;
      if (!outcome.again || (attempt > 0 && refused)) throw outcome.error;
      const pause = attempt < lane.servers - 1 ? backoff(attempt) : Number.POSITIVE_INFINITY;
      const delayMs = Math.min(outcome.delayMs ?? backoff(attempt), pause);
      await (context.wait ?? sleep)(delayMs, signal).catch((reason) => {
        throw timer.aborted ? outcome.error : reason;
      });
    }
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason;
    const asked = at(endpoint, lane.server ?? endpoint.server);
    if (error === timer.reason || (timer.aborted && !(error instanceof Error && 'exit' in error)))
      throw timedOut(asked, request.method ?? 'GET', request.path, ms);
    throw unreachable(error, asked);
  } finally {
    limiter.release(throttled ? 'throttled' : 'ok');
  }
}

interface Outcome<T> {
  response?: ApiResponse<T>;
  error?: unknown;
  again?: boolean;
  delayMs?: number;
  throttled?: boolean;
  refused?: boolean;
}

interface Attempt {
  signal: AbortSignal;
  refused: boolean;
  answerMs: number | undefined;
}

async function once<T>(context: ExchangeContext, request: ApiRequest, attempt: Attempt): Promise<Outcome<T>> {
  const { endpoint, lane } = context;
  const stoodBefore = lane.everConnected;
  const idempotent = isIdempotent(request);
  let answer: LaneAnswer | undefined;
  try {
    answer = await send(context, request, {
      ...attempt,
      answerMs: idempotent ? attempt.answerMs : undefined,
    });
    const { statusCode: status, headers } = answer;
    const body = await readBody(answer.body, headers, status >= 300);
    if (status < 300)
      return { response: { status, body: body as T, warnings: warningsOf(headers.warning), headers } };
    const judged = judge(at(endpoint, answer.server), request, { status, headers, body });
    if (isUnwell(judged.error)) answer.leave(judged.error);
    return judged;
  } catch (error) {
    if (attempt.signal.aborted) throw error;
    const lost = connectionBroke(error);
    if (lost) answer?.leave(error);
    if (refusedUnseen(error) || (neverSent(error) && stoodBefore) || (lost && idempotent))
      return { error, again: true };
    const unknown = lost && !idempotent && (answer !== undefined || cutOff(error));
    const asked = at(endpoint, answer?.server ?? lane.server ?? endpoint.server);
    return { error: unknown ? answerLost(error, asked, request) : error };
  }
}

export async function send(
  { endpoint, lane, userAgent }: ExchangeContext,
  request: ApiRequest,
  { signal, refused = false, answerMs }: Partial<Attempt>,
): Promise<LaneAnswer> {
  const headers = await requestHeaders(endpoint, userAgent, { refused, impersonate: request.impersonate });
  headers.accept = request.accept ?? 'application/json';
  headers['accept-encoding'] = 'gzip';
  const body = request.body === undefined ? undefined : encode(request.body);
  if (body !== undefined) headers['content-type'] = request.contentType ?? 'application/json';
  const method = request.method ?? 'GET';
  return lane.request({ method, path: target(request), headers, body, signal, answerMs });
}

function encode(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : stringifyJson(body);
}

/** Of an answer that is no success; `again`: it may be asked once more. */
type Judged = Outcome<never> & { error: ApiError };

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: unknown;
}

function judge(endpoint: ApiEndpoint, request: ApiRequest, answer: Answer): Judged {
  const { status, headers } = answer;
  const error = refusal(endpoint, request, answer);
  if (status === 401)
    return { error, again: endpoint.authorization !== undefined, delayMs: 0, refused: true };
  const asked = retryAfter(headers['retry-after']);
  // With Retry-After the server says that it did not begin: safe for any method, as in client-go.
  if (asked !== undefined && (status === 429 || status >= 500))
    return {
      error,
      again: true,
      delayMs: Math.min(asked, LONGEST_RETRY_AFTER_MS),
      throttled: status === 429,
    };
  const passing = isUnwell(error) || status === 502 || status === 503 || status === 504;
  return { error, again: passing && isIdempotent(request) };
}

export function refusal(endpoint: ApiEndpoint, request: ApiRequest, answer: Answer): ApiError {
  const { status: httpStatus, headers, body } = answer;
  const status = toStatus(httpStatus, body);
  let hint: string | undefined;
  if (httpStatus < 400) {
    status.message = `${endpoint.server} redirects to ${headers.location ?? 'elsewhere'}: not followed, it could be anyone`;
    hint = 'set the address that it names as the server of the cluster, if you trust it';
  }
  if (httpStatus === 401) hint = clientCertificateHint(endpoint.tls.cert);
  return new ApiError({
    server: endpoint.server,
    method: request.method ?? 'GET',
    path: request.path,
    httpStatus,
    status,
    hint,
  });
}
