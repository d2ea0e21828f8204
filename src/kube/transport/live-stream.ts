import { PassThrough, pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { KubewrightError } from '../../base/errors.ts';
import { ApiError } from '../errors.ts';
import type { ApiRequest } from '../port.ts';
import { readBody } from './body.ts';
import { type ExchangeContext, refusal, send } from './exchange.ts';
import { at, timedOut, unreachable } from './failures.ts';
import type { LaneAnswer } from './lane.ts';
import { connectionBroke, isUnwell } from './retry.ts';

const HEADERS_TIMEOUT_MS = 30_000;
/** A stream that says nothing for so long has its connection probed; well below a minute until it is noticed. */
const QUIET_MS = 25_000;
const PROBE_TIMEOUT_MS = 15_000;

export interface StreamContext extends ExchangeContext {
  quietMs?: number;
  probeTimeoutMs?: number;
}

/**
 * The body as it comes. Half-open TCP goes unnoticed by any read, so a quiet stream's connection is asked for
 * something small; when that stays unanswered, the connection is dropped and the stream fails.
 */
export async function openStream(context: StreamContext, request: ApiRequest): Promise<Readable> {
  const timer = new AbortController();
  const ms = request.timeoutMs ?? HEADERS_TIMEOUT_MS;
  const timeout = setTimeout(() => timer.abort(), ms);
  const signal = request.signal ? AbortSignal.any([request.signal, timer.signal]) : timer.signal;
  const { endpoint, lane } = context;
  try {
    for (let left = lane.servers - 1; ; left--) {
      const opened = await openOnce(context, request, signal, left > 0);
      if (opened) return opened;
    }
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (request.signal?.aborted) throw request.signal.reason;
    const asked = at(endpoint, lane.server ?? endpoint.server);
    if (timer.signal.aborted) throw timedOut(asked, request.method ?? 'GET', request.path, ms);
    throw unreachable(error, asked);
  } finally {
    clearTimeout(timeout);
  }
}

/** undefined where the server cannot do it, and there is another one to ask. */
async function openOnce(
  context: StreamContext,
  request: ApiRequest,
  signal: AbortSignal,
  another: boolean,
): Promise<Readable | undefined> {
  let answer: LaneAnswer;
  try {
    answer = await send(context, request, { signal });
  } catch (error) {
    if (another && !signal.aborted && connectionBroke(error)) return undefined;
    throw error;
  }
  const { statusCode: status, headers } = answer;
  if (status < 300) return watched(context, answer);
  const body = await readBody(answer.body, headers, true);
  const refused = refusal(at(context.endpoint, answer.server), request, { status, headers, body });
  if (isUnwell(refused)) answer.leave(refused);
  if (another && isUnwell(refused)) return undefined;
  throw refused;
}

function watched(context: StreamContext, answer: LaneAnswer): Readable {
  const { body, headers, server } = answer;
  const zipped = headers['content-encoding'] === 'gzip';
  const out = new PassThrough();
  const { quietMs = QUIET_MS } = context;
  const check = async () => {
    if (await answers(context)) return void quiet.refresh();
    if (out.destroyed || out.writableEnded) return;
    const lost = new KubewrightError({
      code: 'StreamLost',
      message: `the connection to ${server} went silent`,
      exit: 'connectionLost',
    });
    answer.leave(lost);
    out.destroy(lost);
    body.destroy();
    context.lane.reset();
  };
  const quiet = setTimeout(() => void check(), quietMs).unref();
  body.on('data', () => quiet.refresh());
  const done = () => clearTimeout(quiet);
  // Before pipeline's own listeners, which would hand on the bare error.
  const told = (error: Error) => {
    if (connectionBroke(error)) answer.leave(error);
    out.destroy(unreachable(error, at(context.endpoint, server)));
  };
  body.once('error', told);
  if (zipped) pipeline(body, createGunzip().once('error', told), out, done);
  else pipeline(body, out, done);
  return out;
}

/** Any answer will do, a refusal too: it came over the same connection. */
async function answers(context: StreamContext): Promise<boolean> {
  const signal = AbortSignal.timeout(context.probeTimeoutMs ?? PROBE_TIMEOUT_MS);
  try {
    const answer = await send(context, { path: '/version' }, { signal });
    await readBody(answer.body, answer.headers, true);
    return true;
  } catch {
    return false;
  }
}
