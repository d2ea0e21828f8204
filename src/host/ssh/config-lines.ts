import { KubewrightError } from '../../base/errors.ts';

/** One directive of ssh_config with the place it was written at. */
export interface Directive {
  /** Lower case: keywords are case-insensitive. */
  keyword: string;
  /** Unquoted. */
  args: string[];
  /** `file:line`, for messages. */
  where: string;
}

/** Splits the text of an ssh_config file as ssh_config(5) does: `Keyword arg …`, `Keyword=arg`, quotes, comments. */
export function readDirectives(text: string, file: string): Directive[] {
  const directives: Directive[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const where = `${file}:${index + 1}`;
    const found = /^\s*([^\s=#]+)\s*=?\s*(.*)$/s.exec(line);
    if (!found) continue;
    const args = splitArguments(found[2] ?? '', where);
    if (args.length === 0) throw configError(where, `${found[1]} has no value`);
    directives.push({ keyword: (found[1] as string).toLowerCase(), args, where });
  }
  return directives;
}

/** Words, `"two words"`, `'two words'`, backslash before a quote, a backslash or a space; `#` begins a comment. */
function splitArguments(text: string, where: string): string[] {
  const args: string[] = [];
  let word: string | undefined;
  let quote = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    const next = text[i + 1] ?? '';
    if (char === '\\' && (next === '"' || next === "'" || next === '\\' || (quote === '' && next === ' '))) {
      word = (word ?? '') + next;
      i++;
    } else if (quote !== '') {
      if (char === quote) quote = '';
      else word += char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/.test(char)) {
      if (word !== undefined) args.push(word);
      word = undefined;
    } else if (char === '#' && word === undefined) {
      break;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') throw configError(where, 'a quote is not closed');
  if (word !== undefined) args.push(word);
  return args;
}

/** What ssh2's adapter cannot do and the system's ssh can: with `--ssh-client auto` that one is used instead. */
export class OpenSshOnly extends KubewrightError {
  constructor(where: string, reason: string) {
    super({
      code: 'SshConfigUnsupported',
      message: `cannot use the SSH configuration at ${where}: ${reason}`,
      hint: "the system's ssh can: --ssh-client openssh",
      exit: 'invalidInput',
    });
  }
}

/** A file that we cannot follow: refused, because ignoring it could lead to another host or another trust. */
export function configError(where: string, reason: string, hint?: string): KubewrightError {
  return new KubewrightError({
    code: 'SshConfigUnsupported',
    message: `cannot use the SSH configuration at ${where}: ${reason}`,
    hint: hint ?? 'mend that line; `ssh -G HOST` shows what OpenSSH makes of it',
    exit: 'invalidInput',
  });
}
