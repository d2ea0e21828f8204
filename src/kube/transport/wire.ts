import type { Readable } from 'node:stream';
import type { Headers } from './headers.ts';

export interface WireRequest {
  method: string;
  /** Path with the query. */
  path: string;
  headers: Headers;
  body: string | Buffer | undefined;
  /** Ends the request, and the body when the answer is there already. */
  signal: AbortSignal | undefined;
}

export interface WireAnswer {
  statusCode: number;
  headers: Record<string, string | string[] | undefined>;
  /** Ends only when it is whole; fails with AnswerIncomplete when it was cut off. Not decompressed. */
  body: Readable;
}

/** One or several connections to a server, in one version of HTTP. */
export interface Wire {
  /** False once it takes no more requests: lost, or the server is going away. */
  readonly usable: boolean;
  /** Resolves with the headers. */
  request(request: WireRequest): Promise<WireAnswer>;
  /** At once, without waiting for the other side; what is under way fails. */
  destroy(): void;
}

/** The connection or the stream ended too early: what became of the request is not known. */
export function answerIncomplete(cause?: unknown): Error {
  if (isTlsRefusal(cause)) return cause;
  return coded('AnswerIncomplete', 'the connection was lost before the answer was complete', cause);
}

/** What TLS says is no loss of a connection but a refusal, and has its own words. */
export const isTlsRefusal = (error: unknown): error is Error =>
  error instanceof Error && String((error as { code?: string }).code).startsWith('ERR_SSL');

/** The server did not begin with the request (RFC 9113, 8.7): any method may be sent again. */
export const notTaken = (cause?: unknown): Error =>
  coded('RequestNotTaken', 'the server is closing its connections and did not take the request', cause);

/** Nothing came for so long that another server is asked. */
export const noAnswerYet = (ms: number): Error =>
  coded('NoAnswer', `no answer within ${Math.round(ms / 100) / 10} s`, undefined);

function coded(code: string, message: string, cause: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}
