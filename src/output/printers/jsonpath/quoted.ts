import type { Cursor } from './cursor.ts';
import { JsonPathError } from './syntax.ts';

const NAMED: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};

/** A text in single or double quotes, with Go's escapes in either. */
export function readQuoted(cursor: Cursor): string {
  const quote = cursor.char;
  const pattern = quote === '"' ? /"(?:\\[\s\S]|[^"\\\n])*"/y : /'(?:\\[\s\S]|[^'\\\n])*'/y;
  const text = cursor.word(pattern);
  if (text === undefined) throw new JsonPathError('unterminated quoted string');
  const escapes = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3})|([\s\S]))/g;
  return text.slice(1, -1).replaceAll(escapes, (whole, x, u, long, octal, single) => {
    const hex = x ?? u ?? long;
    if (hex !== undefined) return String.fromCodePoint(Math.min(Number.parseInt(hex, 16), 0x10ffff));
    if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
    const named = single === quote ? quote : NAMED[single as string];
    if (named === undefined)
      throw new JsonPathError(`unquote string ${text} error invalid syntax (${whole})`);
    return named;
  });
}
