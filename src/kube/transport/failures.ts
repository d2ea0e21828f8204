import { X509Certificate } from 'node:crypto';
import { KubewrightError } from '../../base/errors.ts';
import { ApiError } from '../errors.ts';
import type { ApiEndpoint, ApiRequest } from '../port.ts';

/** The endpoint as that one of its servers. */
export const at = (endpoint: ApiEndpoint, server: string): ApiEndpoint => ({ ...endpoint, server });

interface Cause {
  code: string;
  message: string;
  hint?: string;
}

/** Names the cause of a connection that did not come about or broke; always exit 24 (apiUnreachable). */
export function unreachable(error: unknown, endpoint: ApiEndpoint): KubewrightError {
  if (error instanceof KubewrightError) return error;
  const root = rootOf(error);
  const cause = named(root, endpoint) ?? {
    code: 'ApiUnreachable',
    message: `the connection to ${endpoint.server} failed: ${root.message || root.code || 'no reason given'}`,
  };
  return new KubewrightError({ ...cause, exit: 'apiUnreachable', cause: error });
}

/** Of several reasons these come last, in this order: they say less about what is wrong than any other. */
const TELL_LITTLE = ['ConnectionRefused', 'ConnectionReset', 'NameNotResolved', 'ConnectTimeout', 'NoRoute'];

/** No server of the cluster can be used: each with its reason. */
export function allFailed(
  losers: readonly { server: string; error: unknown }[],
  endpoint: ApiEndpoint,
): KubewrightError {
  const reasons = losers
    .map(({ server, error }) => unreachable(error, at(endpoint, server)))
    .toSorted((a, b) => TELL_LITTLE.indexOf(a.code) - TELL_LITTLE.indexOf(b.code));
  const { hint } = reasons[0]!;
  return new KubewrightError({
    code: 'NoServerAnswers',
    message: `none of the ${losers.length} API servers can be used: ${reasons.map(({ message }) => message).join('; ')}`,
    ...(hint ? { hint } : {}),
    exit: 'apiUnreachable',
    cause: new AggregateError(losers.map(({ error }) => error)),
  });
}

/** One line on a server that another one stands in for; without a reason it has only been quiet. */
export function failedServer(reason: unknown, endpoint: ApiEndpoint): string {
  const { server } = endpoint;
  if (reason === undefined) return `${server} does not answer`;
  if (rootOf(reason).code === 'AnswerIncomplete') return `${server} was lost in the middle of a request`;
  if (!(reason instanceof ApiError)) return unreachable(reason, endpoint).message;
  return `${server} answered ${reason.httpStatus} (${reason.message.replace(/\.$/, '')})`;
}

/** A write whose answer was cut off: sending it again is for who knows whether it may be done twice. */
export function answerLost(cause: unknown, endpoint: ApiEndpoint, request: ApiRequest): KubewrightError {
  const { method = 'GET', path } = request;
  return new KubewrightError({
    code: 'AnswerLost',
    message: `the connection to ${endpoint.server} was lost before the answer to ${method} ${path} was complete; it is not known whether the change was made`,
    hint: 'look at the object first, then run the command again if it is needed',
    exit: 'apiUnreachable',
    cause,
  });
}

interface Root {
  code: string;
  message: string;
  address?: string;
  reason?: string;
}

/** The transport and Happy Eyeballs wrap what the socket said. */
function rootOf(error: unknown): Root {
  let at = error as { code?: string; message?: string; cause?: unknown; errors?: unknown[] };
  for (let depth = 0; depth < 5 && !known(at?.code); depth++) {
    const inner = at?.errors?.[0] ?? at?.cause;
    if (!inner) break;
    at = inner as typeof at;
  }
  return { ...at, code: at?.code ?? '', message: at?.message ?? String(error) };
}

const known = (code: string | undefined): boolean =>
  code !== undefined && /^(E[A-Z]+|ERR_SSL|ERR_TLS|CERT_|UNABLE_|SELF_|DEPTH_)/.test(code);

function named(root: Root, endpoint: ApiEndpoint): Cause | undefined {
  return socketCause(root, endpoint) ?? certificateCause(root, endpoint) ?? alertCause(root, endpoint);
}

function socketCause(root: Root, { server }: ApiEndpoint): Cause | undefined {
  const host = new URL(server).hostname;
  switch (root.code) {
    case 'ECONNREFUSED':
      return {
        code: 'ConnectionRefused',
        message: `nothing listens at ${server} (connection refused)`,
        hint: 'is the API server running, and is this its port?',
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        code: 'NameNotResolved',
        message: `the name ${host} of ${server} cannot be resolved`,
        hint: 'check the server of the current cluster in the kubeconfig, and DNS',
      };
    case 'ETIMEDOUT':
      return {
        code: 'ConnectTimeout',
        message: `${server} does not answer (connecting timed out)`,
        hint: 'a firewall, a wrong address, or a host that is down',
      };
    case 'NoAnswer':
      return { code: 'NoAnswer', message: `${server} has stopped answering (${root.message})` };
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return { code: 'NoRoute', message: `there is no route to ${server} (${root.code})` };
    case 'ECONNRESET':
    case 'EPIPE':
      return { code: 'ConnectionReset', message: `${server} closed the connection` };
    default:
      return undefined;
  }
}

function certificateCause(root: Root, { server, tls }: ApiEndpoint): Cause | undefined {
  const found: Record<string, Cause> = {
    CERT_HAS_EXPIRED: {
      code: 'ServerCertificateExpired',
      message: `the certificate of ${server} has expired`,
      hint: 'renew it: kubewright certs renew',
    },
    CERT_NOT_YET_VALID: {
      code: 'ServerCertificateNotYetValid',
      message: `the certificate of ${server} is not valid yet`,
      hint: 'compare the clocks of this machine and of the server',
    },
    ERR_TLS_CERT_ALTNAME_INVALID: {
      code: 'CertificateNameMismatch',
      message: `the certificate of ${server} is for other names: ${root.reason ?? root.message}`,
      hint: 'use an address that it names, or set tls-server-name in the kubeconfig',
    },
  };
  if (found[root.code]) return found[root.code];
  if (!/^(UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO|CERT_)/.test(root.code)) return undefined;
  return {
    code: 'UntrustedCertificate',
    message: tls.ca
      ? `the certificate of ${server} was not signed by the cluster's CA in the kubeconfig (${root.code})`
      : `the certificate of ${server} is not signed by a CA that this machine trusts (${root.code})`,
    hint: 'the kubeconfig may belong to another cluster, or to this address before the cluster was made anew',
  };
}

/** What the other side said about our certificate, as a TLS alert. */
function alertCause(root: Root, { server }: ApiEndpoint): Cause | undefined {
  const text = `${root.code} ${root.message}`.toLowerCase().replaceAll('_', ' ');
  if (/wrong version number|packet length too long|http request/.test(text))
    return {
      code: 'NotTls',
      message: `${server} does not speak TLS`,
      hint: 'the address may be that of plain HTTP, or of something else',
    };
  if (text.includes('alert') && text.includes('expired'))
    return {
      code: 'ClientCertificateExpired',
      message: `${server} refused our certificate: expired`,
      hint: 'renew the kubeconfig: kubewright certs renew',
    };
  if (text.includes('alert unknown ca'))
    return { code: 'ClientCertificateRefused', message: `${server} does not know the CA of our certificate` };
  if (/alert (bad certificate|certificate unknown|certificate required|handshake failure)/.test(text))
    return {
      code: 'ClientCertificateRefused',
      message: `${server} refused our certificate (${root.message.trim()})`,
    };
  return undefined;
}

/** API servers answer 401 to a certificate out of its time, without saying so: look at it ourselves. */
export function clientCertificateHint(
  cert: string | Buffer | undefined,
  now: Date = new Date(),
): string | undefined {
  if (!cert) return undefined;
  try {
    const { validFromDate, validToDate } = new X509Certificate(cert);
    if (validToDate < now)
      return `our certificate expired on ${validToDate.toISOString()}; renew it: kubewright certs renew`;
    if (validFromDate > now)
      return `our certificate is valid only from ${validFromDate.toISOString()}: compare the clocks`;
  } catch {
    return 'our certificate cannot be read';
  }
  return undefined;
}

export function timedOut(endpoint: ApiEndpoint, method: string, path: string, ms: number): KubewrightError {
  return new KubewrightError({
    code: 'RequestTimeout',
    message: `${endpoint.server} did not finish ${method} ${path} within ${ms / 1000} s`,
    hint: 'the server may be overloaded, or the connection stalled: try again, or with a longer --request-timeout',
    exit: 'apiUnreachable',
  });
}
