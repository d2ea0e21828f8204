import { KubewrightError } from '../../base/errors.ts';
import { unreadable } from '../failures.ts';

const MAX_BYTES = 32 * 1024 * 1024;
const TIMEOUT_MS = 60_000;
const MAX_REDIRECTS = 5;
const ATTEMPTS = 3;
const RETRY_MS = 1000;

/**
 * The bytes behind an http(s) URL: at most 32 MiB in 60 s, five redirects, never from https to http or to
 * another scheme; three attempts on server errors, as in kubectl. Throws KubewrightError.
 */
export async function fetchManifest(url: string, signal?: AbortSignal): Promise<Uint8Array> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await fetchOnce(url, signal);
    } catch (error) {
      if (signal?.aborted || attempt === ATTEMPTS || !(error instanceof Passing)) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** What may be better a moment later. */
class Passing extends KubewrightError {}

async function fetchOnce(url: string, signal?: AbortSignal): Promise<Uint8Array> {
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  const stop = signal ? AbortSignal.any([signal, limit]) : limit;
  let at = new URL(url);
  try {
    for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
      const answer = await fetch(at, { redirect: 'manual', signal: stop });
      if (answer.status >= 300 && answer.status < 400 && answer.headers.has('location')) {
        await answer.body?.cancel();
        at = redirected(at, answer.headers.get('location')!);
        continue;
      }
      if (answer.status !== 200) throw refused(url, answer.status, answer.statusText);
      return await readBounded(url, answer.body, answer.headers.get('content-type') ?? '');
    }
  } catch (error) {
    if (error instanceof KubewrightError || signal?.aborted) throw error;
    throw limit.aborted ? failed(url, `no answer within ${TIMEOUT_MS / 1000} s`) : failed(url, reason(error));
  }
  throw unreadable(`${url}: more than ${MAX_REDIRECTS} redirects`);
}

function redirected(from: URL, location: string): URL {
  const to = new URL(location, from);
  const downgrade = from.protocol === 'https:' && to.protocol !== 'https:';
  if (downgrade || !/^https?:$/.test(to.protocol))
    throw unreadable(`${from.href} redirects to ${to.protocol}//${to.host}: refused`, {
      hint: 'fetch the file yourself and apply it from disk',
    });
  return to;
}

async function readBounded(
  url: string,
  body: ReadableStream<Uint8Array> | null,
  type: string,
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_BYTES) throw unreadable(`${url}: larger than ${MAX_BYTES / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  const bytes = Buffer.concat(chunks);
  const start = bytes.subarray(0, 512).toString('utf8').trimStart();
  if (/^<(!doctype html|html)/i.test(start) || /^text\/html/.test(type))
    throw unreadable(`${url} is an HTML page, not a manifest`, {
      hint: 'use the address of the file itself (on GitHub: the "Raw" link)',
    });
  return bytes;
}

function refused(url: string, status: number, text: string): KubewrightError {
  const message = `unable to read URL "${url}", server reported ${status} ${text}, status code=${status}`;
  const Kind = status >= 500 ? Passing : KubewrightError;
  return new Kind({ code: 'ManifestUnreadable', message, exit: 'invalidInput' });
}

const failed = (url: string, why: string) =>
  new Passing({
    code: 'ManifestUnreadable',
    message: `unable to read URL "${url}": ${why}`,
    exit: 'invalidInput',
  });

function reason(error: unknown): string {
  const { cause } = error as { cause?: { message?: string } };
  return cause?.message ?? (error as Error).message;
}
