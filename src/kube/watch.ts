import type { Readable } from 'node:stream';
import { sleep } from '../base/wait.ts';
import { ApiError, isGone } from './errors.ts';
import { parseJson } from './json.ts';
import { listAll, type Selection } from './objects.ts';
import { resourcePath } from './paths.ts';
import type { ApiClient, KubeObject, ResourceType, Status } from './port.ts';

export type WatchEvent<T = KubeObject> =
  /** Everything there is, at the beginning and whenever the history between two reads is lost (410). Replaces all before. */
  | { type: 'LIST'; items: T[]; resourceVersion: string }
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T };

export interface WatchOptions extends Selection {
  /** Begin after this one instead of with a list. */
  resourceVersion?: string;
  /** How long one request lives before it is made anew; servers end them by then at the latest. */
  timeoutSeconds?: number;
}

/** A line of a watch is one object; none is larger than what the API server takes. */
const LONGEST_LINE = 64 * 1024 * 1024;

/**
 * List, then watch from there, for as long as the caller reads. Ends of single requests, lost connections and
 * expired versions are handled here; a refusal by the server (401, 403, 404) is thrown. Silent connections are
 * noticed by the client's stream (see transport/live-stream.ts), within a minute.
 */
export async function* watch<T = KubeObject>(
  client: ApiClient,
  type: ResourceType,
  options: WatchOptions = {},
): AsyncGenerator<WatchEvent<T>> {
  let version = options.resourceVersion;
  let failures = 0;
  while (!options.signal?.aborted) {
    try {
      if (version === undefined) {
        const listed = await listAll<T>(client, type, options);
        version = listed.resourceVersion;
        yield { type: 'LIST', ...listed };
      }
      for await (const event of follow<T>(client, type, version, options)) {
        failures = 0;
        version = event.version;
        if (event.event) yield event.event;
      }
    } catch (error) {
      if (options.signal?.aborted) return;
      if (isGone(error)) version = undefined;
      else if (error instanceof ApiError && isFinal(error)) throw error;
      else if (++failures > 5) throw error;
      else await pause(failures, options.signal);
    }
  }
}

const isFinal = (error: ApiError): boolean => error.httpStatus < 500 && error.httpStatus !== 429;

async function pause(failures: number, signal: AbortSignal | undefined): Promise<void> {
  await sleep(Math.min(10_000, 200 * 2 ** failures), signal).catch(() => undefined);
}

interface Raw {
  type: string;
  object: { metadata?: { resourceVersion?: string } } & Partial<Status>;
}

async function* follow<T>(
  client: ApiClient,
  type: ResourceType,
  resourceVersion: string,
  options: WatchOptions,
): AsyncGenerator<{ version: string; event?: WatchEvent<T> }> {
  const path = resourcePath(type, { namespace: options.namespace });
  const body = await client.stream({
    path,
    query: {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      // Spread, so that many watches do not all come back in the same second.
      timeoutSeconds: options.timeoutSeconds ?? 240 + Math.floor(Math.random() * 120),
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    },
    signal: options.signal,
  });
  let version = resourceVersion;
  for await (const line of linesOf(body)) {
    const raw = parseJson(line) as Raw;
    if (raw.type === 'ERROR') throw watchError(client, path, raw.object as Status);
    version = raw.object.metadata?.resourceVersion ?? version;
    if (raw.type === 'BOOKMARK') yield { version };
    else yield { version, event: { type: raw.type, object: raw.object } as WatchEvent<T> };
  }
}

function watchError(client: ApiClient, path: string, status: Status): ApiError {
  return new ApiError({ server: client.server, method: 'GET', path, httpStatus: status.code ?? 500, status });
}

/** Destroys the stream when the reader stops. */
export async function* linesOf(body: Readable): AsyncGenerator<string> {
  let chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = Buffer.concat([...chunks, chunk.subarray(from, end)]).toString('utf8');
      chunks = [];
      size = 0;
      from = end + 1;
      if (line.trim() !== '') yield line;
    }
    if (from < chunk.length) chunks.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > LONGEST_LINE) throw new RangeError('a line of the stream is too long');
  }
}
