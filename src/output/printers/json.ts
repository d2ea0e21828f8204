/** Raw JSON value; integers beyond 2^53 are bigint. */
export type Json = unknown;
export type JsonMap = Record<string, Json>;

/** JSON as kubectl prints it (Go's encoding/json): keys sorted, four spaces, HTML escaped, a newline at the end. */
export function toJson(value: Json, indent = 4): string {
  return `${encode(value, ' '.repeat(indent), '\n')}\n`;
}

/** The same on one line and without the newline. */
export function toCompactJson(value: Json): string {
  return encode(value, '', '');
}

/** By hand, because JSON.stringify moves keys that look like integers to the front. */
function encode(value: Json, indent: string, newLine: string): string {
  if (Array.isArray(value))
    return enclose(
      '[]',
      value.map((item) => encode(item, indent, newLine + indent)),
      indent,
      newLine,
    );
  if (!isMap(value)) return scalar(value);
  const colon = newLine === '' ? ':' : ': ';
  const entries = sortedKeys(value)
    .filter((key) => value[key] !== undefined)
    .map((key) => `${scalar(key)}${colon}${encode(value[key], indent, newLine + indent)}`);
  return enclose('{}', entries, indent, newLine);
}

function enclose(brackets: string, items: string[], indent: string, newLine: string): string {
  if (items.length === 0) return brackets;
  const inner = newLine === '' ? '' : newLine + indent;
  return `${brackets[0]}${inner}${items.join(`,${inner}`)}${newLine}${brackets[1]}`;
}

const HTML = /[<>&\u2028\u2029]/g;

function scalar(value: Json): string {
  if (typeof value === 'bigint') return value.toString();
  const text = JSON.stringify(value) ?? 'null';
  if (typeof value !== 'string') return text;
  return text.replaceAll(HTML, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** In the order of Go's strings: by bytes of UTF-8. */
export function sortedKeys(map: object): string[] {
  return Object.keys(map).sort(compareBytes);
}

export function compareBytes(left: string, right: string): number {
  if (left === right) return 0;
  // The orders of UTF-16 and UTF-8 differ only beyond the basic plane.
  if (/[\ud800-\udfff]/.test(left) || /[\ud800-\udfff]/.test(right))
    return Buffer.compare(Buffer.from(left), Buffer.from(right));
  return left < right ? -1 : 1;
}

export function isMap(value: Json): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
