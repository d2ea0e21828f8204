import { KubewrightError } from '../base/errors.ts';
import { parseDuration } from '../cluster/spec/duration.ts';
import type { ApiClient } from '../kube/port.ts';

/** The longest that setTimeout knows: 24 days, which is no end for one request. */
const NO_END_MS = 2 ** 31 - 1;

/** `--request-timeout`, as kubectl reads it: a Go duration, or whole seconds; 0 is no end. Milliseconds. */
export function requestTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = /^(\d+|0(ms|s|m|h))$/.test(text) ? Number.parseInt(text, 10) * 1000 : parseDuration(text);
  if (ms === undefined || ms < 0) {
    throw new KubewrightError({
      code: 'InvalidDuration',
      message: `--request-timeout cannot be read: ${text}`,
      hint: 'It is a number with a unit, like 5s, 2m or 1h, whole seconds, or 0 for no end.',
      exit: 'invalidInput',
    });
  }
  return ms === 0 ? NO_END_MS : Math.min(ms, NO_END_MS);
}

/** Requests that set no time of their own get this one. Streams stay open as long as they flow. */
export function withTimeout(client: ApiClient, timeoutMs: number | undefined): ApiClient {
  if (timeoutMs === undefined) return client;
  return {
    server: client.server,
    namespace: client.namespace,
    request: (request) => client.request({ timeoutMs, ...request }),
    stream: (request) => client.stream({ timeoutMs, ...request }),
    upgrade: (request, protocols) => client.upgrade({ timeoutMs, ...request }, protocols),
    discovery: (options) => client.discovery(options),
    close: () => client.close(),
  };
}
