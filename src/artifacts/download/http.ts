import type { Agent } from 'undici';
import { request } from 'undici';
import { shownUrl } from '../../base/shown-url.ts';
import { sleep } from '../../base/wait.ts';
import { type DispatcherOptions, dispatcher } from './dispatcher.ts';
import { connectionFailure, DownloadFailure, statusFailure, tooLarge, UNREACHABLE } from './failures.ts';

export interface HttpOptions extends DispatcherOptions {
  signal?: AbortSignal;
  /** Before the second try; doubled for each one after it. */
  retryMs?: number;
}

export interface Answer {
  /** Where it came from in the end. */
  url: string;
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: AsyncIterable<Buffer> & { dump(): Promise<void> };
}

export interface DocumentOptions {
  headers?: Record<string, string>;
  /** Bytes that it may have at most; default 1 MiB. */
  limit?: number;
  /** Called with the challenge of a 401; the headers that answer it. */
  login?: (challenge: string) => Promise<Record<string, string>>;
}

/** Small documents come first: whether anybody is there has to be known soon. */
const PROMPT_MS = 5_000;
const REDIRECTS = 5;
const TRIES = 5;

/** GET requests as every download needs them: redirects, proxies, authorities, retries, errors in words. */
export class Http {
  readonly signal: AbortSignal | undefined;
  readonly #agent: Agent;
  readonly #retryMs: number;
  readonly #promptMs: number;

  constructor(options: HttpOptions) {
    this.signal = options.signal;
    this.#agent = dispatcher(options);
    this.#retryMs = options.retryMs ?? 500;
    this.#promptMs = Math.min(PROMPT_MS, options.silenceMs ?? PROMPT_MS);
  }

  /**
   * One try. Any status but a redirect is the caller's to judge, who has to read the body or dump it. `promptMs`: how
   * soon the answer has to begin.
   */
  async open(url: string, headers: Record<string, string> = {}, promptMs?: number): Promise<Answer> {
    let at = url;
    for (let hops = 0; hops <= REDIRECTS; hops++) {
      const answer = await this.#ask(at, sameOrigin(url, at) ? headers : anonymous(headers), promptMs);
      const location = answer.headers.location;
      if (![301, 302, 303, 307, 308].includes(answer.status) || typeof location !== 'string') return answer;
      await answer.body.dump().catch(() => undefined);
      at = next(at, location);
    }
    throw new DownloadFailure({
      code: 'RedirectLoop',
      message: `${shownUrl(url)} leads from one address to the next, more than ${REDIRECTS} times`,
      hint: 'Is this address really upstream or a mirror of it?',
    });
  }

  /** A small document, whole. Retried; 404 is undefined. Nobody there is told at once: there may be another way. */
  async document(
    url: string,
    options: DocumentOptions = {},
  ): Promise<{ bytes: Buffer; answer: Answer } | undefined> {
    return this.retried(
      async () => {
        let answer = await this.open(url, options.headers, this.#promptMs);
        if (answer.status === 401 && options.login) {
          await answer.body.dump().catch(() => undefined);
          const login = await options.login(String(answer.headers['www-authenticate'] ?? ''));
          answer = await this.open(url, { ...options.headers, ...login }, this.#promptMs);
        }
        if (answer.status === 404) {
          await answer.body.dump().catch(() => undefined);
          return undefined;
        }
        if (answer.status !== 200) throw await refused(url, answer);
        return { bytes: await this.#whole(url, answer, options.limit ?? 1 << 20), answer };
      },
      (failure) => failure.code !== UNREACHABLE,
    );
  }

  /** Tries again what passes by itself, with growing pauses. */
  async retried<T>(work: () => Promise<T>, worthwhile: (failure: DownloadFailure) => boolean): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DownloadFailure) || !error.passing || tries >= TRIES || !worthwhile(error))
          throw error;
        await sleep(this.#retryMs * 2 ** (tries - 1), this.signal);
      }
    }
  }

  close(): Promise<void> {
    return this.#agent.close();
  }

  async #ask(url: string, headers: Record<string, string>, promptMs: number | undefined): Promise<Answer> {
    try {
      const { signal } = this;
      const agent = { 'user-agent': 'kubewright', ...headers };
      const {
        statusCode,
        headers: answered,
        body,
      } = await request(url, {
        dispatcher: this.#agent,
        headers: agent,
        ...(signal ? { signal } : {}),
        ...(promptMs ? { headersTimeout: promptMs } : {}),
      });
      return { url, status: statusCode, headers: answered, body };
    } catch (error) {
      throw connectionFailure(url, error, this.signal);
    }
  }

  async #whole(url: string, answer: Answer, limit: number): Promise<Buffer> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      for await (const chunk of answer.body) {
        size += chunk.length;
        if (size > limit) throw tooLarge(url, limit);
        chunks.push(chunk);
      }
    } catch (error) {
      throw connectionFailure(url, error, this.signal);
    }
    return Buffer.concat(chunks);
  }
}

export async function refused(url: string, answer: Answer): Promise<DownloadFailure> {
  await answer.body.dump().catch(() => undefined);
  return statusFailure(url, answer.status);
}

function next(from: string, location: string): string {
  const to = new URL(location, from);
  const https = from.startsWith('https:');
  if (to.protocol === 'https:' || (to.protocol === 'http:' && !https)) return to.href;
  throw new DownloadFailure({
    code: 'RedirectInsecure',
    message: `${shownUrl(from)} leads to ${to.protocol}//${to.host}, away from https`,
    hint: 'That is refused. Name a mirror that stays on https: --artifacts-mirror URL.',
  });
}

function sameOrigin(a: string, b: string): boolean {
  return new URL(a).origin === new URL(b).origin;
}

/** Credentials are for whom they were given to. */
function anonymous(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'authorization'));
}
