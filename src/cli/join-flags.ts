import * as Flags from '@oclif/core/flags';
import { KubewrightError } from '../base/errors.ts';
import type { JoinTicket } from '../cluster/discovery/ticket.ts';

const needsToken = { helpGroup: 'TOKEN', dependsOn: ['token'] };

/** For joining without administrator's access; kubeadm's names are taken too. */
export const ticketFlags = {
  server: Flags.string({ ...needsToken, description: 'Address of an API server of the cluster, HOST:PORT.' }),
  token: Flags.string({
    helpGroup: 'TOKEN',
    exclusive: ['via', 'kubeconfig', 'context'],
    description: "Bootstrap token to join with, in place of administrator's access.",
  }),
  'ca-cert-hash': Flags.string({
    ...needsToken,
    multiple: true,
    multipleNonGreedy: true,
    aliases: ['discovery-token-ca-cert-hash'],
    description: "sha256:… of the public key of the cluster's CA; may be given several times.",
  }),
  'unsafe-skip-ca-verification': Flags.boolean({
    ...needsToken,
    aliases: ['discovery-token-unsafe-skip-ca-verification'],
    description: 'Trust any CA that knows the token. Whoever else has the token can pose as the cluster.',
  }),
};

interface TicketFlagValues {
  server?: string;
  token?: string;
  'ca-cert-hash'?: string[];
  'unsafe-skip-ca-verification'?: boolean;
}

/** For an API server that is not up yet, and for a token that was made a moment ago. */
const DISCOVERY_MS = 20_000;

/**
 * The hosts that were named, and the ticket where there is one. kubeadm's way to write it has the server as its only
 * word and means this machine.
 */
export function joinWords(
  words: readonly string[],
  flags: TicketFlagValues,
  waitMs: number | undefined,
): { targets: readonly string[]; ticket?: JoinTicket } {
  const { token } = flags;
  if (token === undefined) return { targets: words };
  const ticket = (server: string): JoinTicket => ({
    server,
    token,
    caCertHashes: flags['ca-cert-hash'] ?? [],
    unsafeSkipCaVerification: flags['unsafe-skip-ca-verification'] ?? false,
    discoveryMs: waitMs ?? DISCOVERY_MS,
  });
  if (flags.server !== undefined) return { targets: words, ticket: ticket(flags.server) };
  const [server = ''] = words;
  if (words.length === 1 && /:\d+$/.test(server)) return { targets: ['local'], ticket: ticket(server) };
  throw new KubewrightError({
    code: 'ServerMissing',
    message: 'With --token, the API server to ask has to be named.',
    hint: `kubewright join ${words.join(' ') || 'HOST…'} --server HOST:PORT --token …, or on the host itself: kubewright join HOST:PORT --token …`,
    exit: 'usage',
  });
}
