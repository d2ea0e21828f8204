import { KubewrightError } from '../../base/errors.ts';
import type { TokenParts } from '../manifests/bootstrap-token.ts';
import { API_SERVER_PORT } from '../spec/defaults.ts';
import { requireToken } from '../tokens/check.ts';
import { requirePins } from './pins.ts';

/** What somebody has who may join a cluster and nothing else. */
export interface JoinTicket {
  /** `HOST:PORT` of an API server. */
  server: string;
  token: string;
  /** `sha256:…` of the public keys of CAs; empty only where `unsafeSkipCaVerification` says that this is meant. */
  caCertHashes: readonly string[];
  unsafeSkipCaVerification: boolean;
  /** How long the API server, and the signature of a token that was just made, are waited for. */
  discoveryMs: number;
}

export interface ReadTicket {
  token: TokenParts;
  pins: string[];
  host: string;
  port: number;
}

/** Throws where it cannot be used anywhere. */
export function requireTicket(ticket: JoinTicket): ReadTicket {
  requirePinned(ticket);
  const address = requireAddress(ticket.server);
  return { token: requireToken(ticket.token), pins: requirePins(ticket.caCertHashes), ...address };
}

/** `10.0.0.1:6443`, `[fd00::1]:6443`, `api.example.com`: without a port it is the API server's usual one. */
function requireAddress(server: string): { host: string; port: number } {
  const [, six, name, port] =
    /^(?:https:\/\/)?(?:\[([\da-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?\/?$/.exec(server) ?? [];
  const host = six ?? name;
  if (host && Number(port ?? 1) > 0 && Number(port ?? 1) < 65_536) {
    return { host, port: port === undefined ? API_SERVER_PORT : Number(port) };
  }
  throw new KubewrightError({
    code: 'InvalidServer',
    message: `"${server}" is no address of an API server: that is HOST:PORT, as 10.0.0.1:6443 or [fd00::1]:6443.`,
    hint: 'kubewright token create --print-join-command prints it with everything else that is needed.',
    exit: 'invalidInput',
  });
}

function requirePinned({ caCertHashes, unsafeSkipCaVerification }: JoinTicket): void {
  if (caCertHashes.length > 0 || unsafeSkipCaVerification) return;
  throw new KubewrightError({
    code: 'CaCertHashMissing',
    message:
      "Joining with a token needs the hash of the cluster's CA: whoever else has the token could pose as the cluster.",
    hint: 'Add --ca-cert-hash sha256:… (kubewright token create --print-join-command prints it), or accept the risk with --unsafe-skip-ca-verification.',
    exit: 'usage',
  });
}
