import { readFile } from 'node:fs/promises';
import { KubewrightError } from '../base/errors.ts';
import type { ContextFlags } from './flags.ts';
import type { Prompts } from './held-prompts.ts';

type Terminal = () => Promise<Prompts | undefined>;

/**
 * Where the sudo password of a host comes from, asked only when its sudo wants one: the file; one question for
 * all hosts with --ask-sudo-password; otherwise a question a host. Without a terminal there is none.
 */
export function sudoPasswords(
  flags: ContextFlags,
  terminal: Terminal,
): (target: string) => () => Promise<string | undefined> {
  let shared: Promise<string | undefined> | undefined;
  const file = flags['sudo-password-file'];
  if (file !== undefined) return () => () => (shared ??= firstLine(file));
  if (flags['ask-sudo-password']) return () => () => (shared ??= askForAll(terminal));
  return (target) => async () => (await terminal())?.password(`sudo password on ${target}:`);
}

async function askForAll(terminal: Terminal): Promise<string> {
  const prompts = await terminal();
  if (prompts) return prompts.password('sudo password on the hosts:');
  throw new KubewrightError({
    code: 'NoTerminal',
    message: '--ask-sudo-password needs a terminal, and there is none',
    hint: 'Use --sudo-password-file FILE.',
    exit: 'sudo',
  });
}

async function firstLine(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).split(/\r?\n/, 1)[0] ?? '';
  } catch (cause) {
    throw new KubewrightError({
      code: 'SudoPasswordFileUnreadable',
      message: `The file of --sudo-password-file cannot be read: ${file}`,
      evidence: (cause as Error).message,
      exit: 'invalidInput',
      cause,
    });
  }
}
