import { quote } from '../base/quote.ts';

/**
 * One request line for the applier: words quoted for its `eval`. A newline inside a word becomes `"$nl"`, so that
 * a request is always exactly one line. Quoted words hold newlines only inside single quotes, which these close.
 */
export function requestLine(words: readonly (string | number)[]): string {
  return quote(words.map(String)).replaceAll('\n', `'"$nl"'`);
}

/** Above this a line travels as `long N` and N bytes: the shell reads lines a byte a system call. */
const LONG = 1500;

export function requestBytes(lines: readonly string[]): Buffer {
  const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
  if (text.length <= LONG) return text;
  return Buffer.concat([Buffer.from(`long ${text.length}\n`), text]);
}
