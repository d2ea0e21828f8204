import { KubewrightError } from '../../base/errors.ts';
import { quote } from '../../base/quote.ts';
import { configError } from '../ssh/config-lines.ts';
import { authenticationError, connectError, loginError, type Seen } from '../ssh/errors.ts';
import { type LogFile, printable } from './log.ts';
import type { Peer } from './resolve.ts';

export function programMissing(alias: string): KubewrightError {
  return new KubewrightError({
    code: 'SshMissing',
    message: `the system's ssh is wanted for ${alias}, and there is none in PATH`,
    hint: 'install the OpenSSH client (Debian: apt-get install openssh-client), or use --ssh-client ssh2',
    host: alias,
    exit: 'prerequisite',
  });
}

/** Phrases of OpenSSH 8 to 10 in LC_ALL=C, and the error codes of Node that mean the same. */
const TRANSPORT: readonly [RegExp, string][] = [
  [/Could not resolve hostname/, 'ENOTFOUND'],
  [/Connection refused/, 'ECONNREFUSED'],
  [/No route to host|Network is unreachable|Can't assign requested address/, 'EHOSTUNREACH'],
  [/connect to .*timed out|Operation timed out/, 'ETIMEDOUT'],
];

/** Why the master did not come up, in the words that ssh2's adapter has for the same; `timedOut` is our own limit. */
export function masterFailure(peer: Peer, log: LogFile, options: { timedOut?: string }): KubewrightError {
  const text = log.text();
  const messages = log.messages();
  const said = messages.split('\n').at(-1) || options.timedOut || 'ssh ended without a word';
  const hostKey = hostKeyFailure(peer, text, messages);
  if (hostKey) return hostKey;
  if (/Bad configuration option|Bad owner or permissions|terminating, \d+ bad config/.test(text))
    return configError('ssh_config', messages);
  const [, code] = TRANSPORT.find(([phrase]) => phrase.test(messages)) ?? [];
  if (code && !/Connection established/.test(text)) {
    return connectError(peer, Object.assign(new Error(said), { code }));
  }
  const cause = new Error(options.timedOut ?? said);
  const seen = seenIn(peer, text);
  if (/Unable to negotiate|no matching /.test(messages))
    return loginError(peer, cause, { ...seen, stage: 'handshake' });
  if (/Permission denied|Too many authentication failures|No more authentication methods/.test(messages)) {
    return authenticationError(peer, seen, messages, cause);
  }
  return loginError(peer, cause, seen);
}

/** True where the server turned us away for having too many logins under way (MaxStartups). */
export function isBusy(log: LogFile): boolean {
  const text = log.text();
  if (/Not allowed at this time|MaxStartups/i.test(text)) return true;
  return /kex_exchange_identification: (Connection (closed|reset)|read: Connection reset)/.test(text);
}

function hostKeyFailure(peer: Peer, text: string, messages: string): KubewrightError | undefined {
  const shown = /Server host key: (\S+ \S+)/.exec(text)?.[1];
  const make = (code: string, message: string, hint: string) =>
    new KubewrightError({
      code,
      message,
      hint,
      host: peer.alias,
      evidence: [...(shown ? [`shown: ${shown}`] : []), messages].join('\n'),
      exit: 'hostKey',
    });
  if (/marked as revoked/.test(text))
    return make(
      'HostKeyRevoked',
      `the host key of ${peer.alias} is marked as revoked: nothing was sent`,
      REPLACE,
    );
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED|host key for .* has changed|Host key .*mismatch/i.test(text)) {
    const [, file, line] = /Offending \S+ key in (\S+):(\d+)/.exec(text) ?? [];
    return make(
      'HostKeyChanged',
      `the host key of ${peer.alias} is not the recorded one: the host was reinstalled, or someone is in between`,
      `ask whoever runs the host${file ? `; if it was reinstalled: ${quote(['sed', '-i', `${line}d`, file])}` : ''}`,
    );
  }
  if (!/Host key verification failed|No \S+ host key is known/.test(text)) return undefined;
  return make(
    'HostKeyUnknown',
    `the host key of ${peer.alias} is unknown: ${peer.strict ? 'StrictHostKeyChecking yes forbids new keys' : 'it was not accepted'}`,
    `compare the fingerprint on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then ${peer.strict ? 'add the key to known_hosts' : 'run again with --accept-new-host-keys'}`,
  );
}

const REPLACE = 'give the host new keys (ssh-keygen -A on it), and record them';

/** How far the login came and what was tried, read off the debug lines. */
function seenIn(peer: Peer, text: string): Seen {
  const banner = /(?:banner line 0: |remote software version )(.*)/.exec(text)?.[1];
  const spoke = /Remote protocol version/.test(text);
  const authenticating = /Authentications that can continue|SSH2_MSG_SERVICE_ACCEPT received/.test(text);
  const keys = [...text.matchAll(/(Offering public key|Server accepts key|Trying private key): (.*)/g)];
  const passwords = /Next authentication method: (password|keyboard-interactive)/g;
  const tried = [
    ...keys.map(([, what, key]) => `${printable(key!)}: ${what!.toLowerCase()}`),
    ...[...text.matchAll(passwords)].map(([, method]) => `${method}: refused, or not given`),
  ];
  return {
    opening: Buffer.from(spoke ? `SSH-2.0-${banner ?? ''}` : (banner ?? '')),
    tried,
    address: /Connecting to \S+ \[([^\]]+)\]/.exec(text)?.[1] ?? peer.host,
    stage: authenticating ? 'authentication' : spoke ? 'handshake' : 'greeting',
  };
}
