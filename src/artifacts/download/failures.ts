import { type ErrorDetails, KubewrightError } from '../../base/errors.ts';
import { shownUrl } from '../../base/shown-url.ts';

/** The code of what `auto` answers with a build: nobody is there, as opposed to somebody who says no. */
export const UNREACHABLE = 'UpstreamUnreachable';

/** `passing`: worth another try. */
export class DownloadFailure extends KubewrightError {
  readonly passing: boolean;

  constructor(details: Omit<ErrorDetails, 'exit'> & { passing?: boolean; exit?: ErrorDetails['exit'] }) {
    super({ exit: 'artifact', ...details });
    this.passing = details.passing ?? false;
  }
}

const NOBODY = [
  ...['ENOTFOUND', 'EAI_AGAIN', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENETDOWN', 'ETIMEDOUT'],
  ...['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ProxyUnreachable', 'TimeoutError'],
];
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|ALTNAME/;

/** What went wrong with the connection. The user's own abort passes as it is. */
export function connectionFailure(url: string, cause: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  if (cause instanceof DownloadFailure) return cause;
  const code = codeOf(cause);
  const { host, pathname } = new URL(url);
  const evidence = `${shownUrl(url)}\n${code}: ${(cause as Error).message.replaceAll(url, shownUrl(url))}`;
  if (NOBODY.includes(code)) {
    return new DownloadFailure({
      code: UNREACHABLE,
      message: `${host} cannot be reached (${code})`,
      hint: 'Check the network, HTTPS_PROXY and NO_PROXY; or name a mirror: --artifacts-mirror URL; or build here: --artifacts-source build.',
      evidence,
      cause,
      passing: true,
    });
  }
  if (CERTIFICATE.test(code)) {
    return new DownloadFailure({
      code: 'UpstreamUntrusted',
      message: `the certificate of ${host} is not trusted here (${code})`,
      hint: 'Where a proxy or a mirror has an authority of its own, name its certificate: SSL_CERT_FILE=FILE or NODE_EXTRA_CA_CERTS=FILE.',
      evidence,
      cause,
    });
  }
  if (code === 'ProxyRefused' || code === 'ProxyUnsupported') {
    const { message, hint } = cause as KubewrightError;
    return new DownloadFailure({ code, message, hint, cause });
  }
  return new DownloadFailure({
    code: 'DownloadFailed',
    message: `${host} could not be asked for ${pathname} (${code})`,
    hint: 'Run the same command again: what is there already is kept, and it goes on from there.',
    evidence,
    cause,
    passing: true,
  });
}

const STATUS: Record<number, string> = {
  401: 'it wants a login, and kubewright has none. Use a mirror that can be read without one',
  403: 'it refuses. Behind a proxy or a firewall: is this address allowed? A mirror: may it be read without a login?',
  404: 'it has no such file. A mirror: is it complete? "kubewright artifacts list" prints every address that is needed',
  410: 'it is gone. A newer kubewright knows newer versions; or build here: --artifacts-source build',
  429: 'there were too many requests from here. Wait, or use a mirror: --artifacts-mirror URL',
};

export function statusFailure(url: string, status: number): DownloadFailure {
  const trouble =
    status >= 500 ? 'it has trouble of its own; run the same command again later' : 'no reason is known';
  return new DownloadFailure({
    code: status === 404 ? 'DownloadMissing' : 'DownloadRefused',
    message: `${new URL(url).host} answered ${status} for ${shownUrl(url)}`,
    hint: `${status}: ${STATUS[status] ?? trouble}.`,
    passing: status >= 500 || status === 429 || status === 408,
  });
}

/** The first code in a chain of causes: undici wraps what the socket said. */
function codeOf(error: unknown): string {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const inner = cause instanceof AggregateError ? cause.errors[0] : undefined;
    const code = (cause as NodeJS.ErrnoException).code ?? (inner as NodeJS.ErrnoException | undefined)?.code;
    if (code) return String(code);
    if (cause.name === 'TimeoutError') return cause.name;
  }
  return error instanceof Error ? error.name : String(error);
}

export function tooLarge(url: string, limit: number): DownloadFailure {
  return new DownloadFailure({
    code: 'DownloadTooLarge',
    message: `${shownUrl(url)} is larger than the ${limit} bytes that it may have at most`,
    hint: 'Is this address really upstream or a mirror of it?',
  });
}
