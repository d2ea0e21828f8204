import { KubewrightError } from '../../base/errors.ts';
import { quote } from '../../base/quote.ts';
import type { HostConfig } from './config.ts';
import {
  fingerprint,
  judge,
  keyTypeOf,
  knownHostName,
  knownHostsLine,
  orderAlgorithms,
} from './known-hosts.ts';
import { appendKnownHost, readKnownHosts } from './known-hosts-files.ts';
import type { SshPrompts } from './prompts.ts';

export interface HostKeyPolicy {
  /** Unknown keys are accepted and recorded without asking; changed and revoked ones never are. */
  acceptNewHostKeys: boolean;
  /** Instead of those of ssh_config. */
  knownHostsFile?: string;
  prompts: Pick<SshPrompts, 'hostKey'>;
}

export interface HostKeyCheck {
  /** Host key algorithms to offer, the recorded types first. */
  algorithms: string[];
  /** Resolves when the key may be trusted (and is recorded); throws HostKeyChanged, -Revoked, -Unknown otherwise. */
  verify(blob: Buffer, address: string): Promise<void>;
}

/** Reads known_hosts and answers what to offer and whom to trust. There is no way to switch this off. */
export async function prepareHostKeyCheck(config: HostConfig, policy: HostKeyPolicy): Promise<HostKeyCheck> {
  const own = policy.knownHostsFile ? [policy.knownHostsFile] : config.userKnownHostsFiles;
  const files = [...own, ...config.globalKnownHostsFiles];
  const name = config.hostKeyAlias?.toLowerCase() ?? knownHostName(config.host, config.port);
  const algorithms = orderAlgorithms(await readKnownHosts(files), name);
  let accepted: Buffer | undefined;
  return {
    algorithms,
    async verify(blob, address) {
      // A key exchange in the middle of a connection shows the key again: it has to be the same.
      if (accepted?.equals(blob)) return;
      const entries = await readKnownHosts(files);
      const verdict = judge(entries, name, blob);
      if (verdict.kind === 'revoked') throw revoked(config, name, blob, verdict.where);
      if (verdict.kind === 'changed' || accepted) {
        const recorded = verdict.kind === 'changed' ? verdict.recorded : [];
        throw changed(config, name, blob, recorded, own[0]);
      }
      if (verdict.kind === 'unknown')
        await acceptNew(config, policy, {
          name,
          blob,
          address,
          file: own[0],
          authorities: verdict.authorities,
        });
      accepted = blob;
    },
  };
}

interface NewKey {
  name: string;
  blob: Buffer;
  address: string;
  file: string | undefined;
  authorities: string[];
}

async function acceptNew(config: HostConfig, policy: HostKeyPolicy, key: NewKey): Promise<void> {
  const { name, blob, address, file } = key;
  if (config.strictAt)
    throw unknown(config, key, `StrictHostKeyChecking yes at ${config.strictAt} forbids new keys`);
  if (!file || file === '/dev/null')
    throw unknown(config, key, 'there is no known_hosts file to record it in');
  const question = {
    host: name,
    address,
    keyType: keyTypeOf(blob) ?? '',
    fingerprint: fingerprint(blob),
    file,
  };
  const yes = policy.acceptNewHostKeys || (await policy.prompts.hostKey(question));
  if (yes === undefined) throw unknown(config, key, 'there is no terminal to ask on whether to accept it');
  if (!yes) throw unknown(config, key, 'it was not accepted');
  await appendKnownHost(file, knownHostsLine(name, blob, config.hashKnownHosts));
}

function unknown(config: HostConfig, key: NewKey, reason: string): KubewrightError {
  const authority = key.authorities[0];
  const remedy = config.strictAt
    ? 'compare the fingerprint on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then add the key to known_hosts'
    : 'compare the fingerprint on the host (ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub), then run again with --accept-new-host-keys';
  return new KubewrightError({
    code: 'HostKeyUnknown',
    message: `the host key of ${key.name} is unknown: ${reason}`,
    hint: authority
      ? `${remedy}; host certificates (@cert-authority at ${authority}) are not supported`
      : remedy,
    host: config.alias,
    evidence: `${keyTypeOf(key.blob)} ${fingerprint(key.blob)}`,
    exit: 'hostKey',
  });
}

function changed(
  config: HostConfig,
  name: string,
  blob: Buffer,
  recorded: readonly { keyType: string; key: string; where: string }[],
  file: string | undefined,
): KubewrightError {
  const lines = recorded.map((entry) => {
    const print = fingerprint(Buffer.from(entry.key, 'base64'));
    return `recorded: ${entry.keyType} ${print} (${entry.where})`;
  });
  return new KubewrightError({
    code: 'HostKeyChanged',
    message: `the host key of ${name} is not the recorded one: the host was reinstalled, or someone is in between`,
    hint: `ask whoever runs the host; if it was reinstalled: ${quote(['ssh-keygen', '-R', name, ...(file ? ['-f', file] : [])])}`,
    host: config.alias,
    evidence: [`shown:    ${keyTypeOf(blob)} ${fingerprint(blob)}`, ...lines].join('\n'),
    exit: 'hostKey',
  });
}

function revoked(config: HostConfig, name: string, blob: Buffer, where: string): KubewrightError {
  return new KubewrightError({
    code: 'HostKeyRevoked',
    message: `the host key of ${name} is marked as revoked at ${where}: nothing was sent`,
    hint: 'give the host new keys (ssh-keygen -A on it), and record them',
    host: config.alias,
    evidence: `shown: ${keyTypeOf(blob)} ${fingerprint(blob)}`,
    exit: 'hostKey',
  });
}
