/**
 * JSON as API servers mean it: integers are int64, which a JavaScript number cannot hold beyond 2^53.
 * Such integers are read as bigint and written digit by digit, so that no value changes on its way through.
 */
type Reviver = (this: unknown, key: string, value: unknown, context?: { source?: string }) => unknown;

const rawJson = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;

export function parseJson(text: string): unknown {
  // The reviver makes parsing several times slower, so it runs only where a long number can be.
  return /[[:,\s]-?\d{16,}/.test(text) || /^-?\d{16,}/.test(text)
    ? JSON.parse(text, keepLongIntegers as (this: unknown, key: string, value: unknown) => unknown)
    : JSON.parse(text);
}

const keepLongIntegers: Reviver = (_key, value, context) => {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  const source = context?.source ?? '';
  return /^-?\d+$/.test(source) ? exactInteger(source) : value;
};

/** bigint within 64 bits, as Go's decoders keep it; a float beyond. */
export function exactInteger(digits: string): number | bigint {
  const exact = BigInt(digits);
  if (exact >= -(2n ** 53n) + 1n && exact <= 2n ** 53n - 1n) return Number(exact);
  return exact >= -(2n ** 63n) && exact < 2n ** 64n ? exact : Number(exact);
}

export function stringifyJson(value: unknown, indent?: number): string {
  return JSON.stringify(
    value,
    (_key, item) => (typeof item === 'bigint' ? rawJson(item.toString()) : item),
    indent,
  );
}

/** Where the values of a text with one or several JSON documents lie, and the keys that stand twice in one map. */
export interface JsonLayout {
  documents: { start: number; end: number }[];
  duplicate?: { key: string; offset: number };
}

export function layOutJson(text: string): JsonLayout {
  const layout: JsonLayout = { documents: [] };
  const open: (Set<string> | undefined)[] = [];
  let start = -1;
  for (const token of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/gs)) {
    const [found, colon] = token;
    if (start < 0) start = token.index;
    if (found === '{') open.push(new Set());
    else if (found === '[') open.push(undefined);
    else if (found === '}' || found === ']') open.pop();
    else if (colon !== undefined) note(layout, open.at(-1), found.slice(0, -colon.length), token.index);
    if (open.length === 0) {
      layout.documents.push({ start, end: token.index + found.length });
      start = -1;
    }
  }
  return layout;
}

function note(layout: JsonLayout, keys: Set<string> | undefined, quoted: string, offset: number): void {
  if (!keys || layout.duplicate) return;
  if (keys.has(quoted)) layout.duplicate = { key: quoted, offset };
  keys.add(quoted);
}
