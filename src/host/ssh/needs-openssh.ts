import { readFile } from 'node:fs/promises';
import type { HostConfig } from './config.ts';
import { OpenSshOnly } from './config-lines.ts';
import type { SshOptions } from './options.ts';
import { planRoute } from './route.ts';
import { parseTarget, type Target } from './target.ts';

/** Credentials and trust that ssh2's adapter leaves aside: without them a login may fail that OpenSSH gets through. */
const LEFT_ASIDE = /: (certificatefile|pkcs11provider|securitykeyprovider|knownhostscommand) was left aside$/;

/**
 * Why this host, or a hop on the way to it, needs the system's ssh; undefined where ssh2 does. Connects nowhere.
 * Throws what cannot be read at all.
 */
export async function openSshReason(
  target: string | Target,
  options: Pick<SshOptions, 'configFiles' | 'env' | 'identityFile'>,
): Promise<string | undefined> {
  const parsed = typeof target === 'string' ? parseTarget(target) : target;
  try {
    const route = await planRoute(parsed, options);
    for (const config of route) {
      const note = config.notes.find((text) => LEFT_ASIDE.test(text));
      if (note) return note.replace(' was left aside', '');
      const key = await securityKey(config, options.identityFile);
      if (key) return `${key} is a key on a security device`;
    }
    return undefined;
  } catch (error) {
    if (error instanceof OpenSshOnly)
      return error.message.replace(/^cannot use the SSH configuration at /, '');
    throw error;
  }
}

/** `sk-ssh-…`: the private file only says how to ask the device. */
async function securityKey(
  config: HostConfig,
  identityFile: string | undefined,
): Promise<string | undefined> {
  const files = [...(identityFile ? [identityFile] : []), ...config.identityFiles.map(({ path }) => path)];
  for (const path of files) {
    const text = await readFile(`${path}.pub`, 'utf8').catch(() => '');
    if (text.startsWith('sk-')) return path;
  }
  return undefined;
}
