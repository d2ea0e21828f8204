/**
 * The one place that turns an argument vector into a POSIX shell word list. Everything else passes argv.
 * A NUL byte cannot be part of an argument; it throws rather than cutting the word short.
 */
export function quote(argv: readonly string[]): string {
  return argv.map(quoteWord).join(' ');
}

export function quoteWord(word: string): string {
  if (word.includes('\0')) throw new TypeError('an argument cannot contain a NUL byte');
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
