import type { SshPrompts } from '../host/ssh/prompts.ts';
import type { Prompts } from './held-prompts.ts';

/** SSH's questions put to a person. Without a terminal none is answered, which is an error that says so. */
export function sshPrompts(
  terminal: () => Promise<Prompts | undefined>,
  notice: (text: string) => void,
): SshPrompts {
  return {
    notice,
    hostKey: async ({ host, address, keyType, fingerprint, file }) => {
      const prompts = await terminal();
      const at = address === host ? host : `${host} (${address})`;
      const known = `The ${keyType} key of ${at} is not known: ${fingerprint}.`;
      return prompts?.confirm(`${known} Record it in ${file} and go on?`);
    },
    passphrase: async (file, attempt) => {
      const again = attempt > 1 ? ' (that was not it)' : '';
      return (await terminal())?.password(`Passphrase of ${file}${again}:`);
    },
    password: async ({ user, host, prompt, echo, attempt }) => {
      const prompts = await terminal();
      const again = attempt > 1 ? ' (that was not it)' : '';
      const message = `${user}@${host}: ${prompt.trim().replace(/:$/, '')}${again}:`;
      return echo ? prompts?.input(message) : prompts?.password(message);
    },
  };
}
