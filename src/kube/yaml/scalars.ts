import { exactInteger } from '../json.ts';

export type Scalar = string | number | bigint | boolean | null;

const WORDS = new Map<string, Scalar>([
  ...['y', 'Y', 'yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((w) => [w, true] as const),
  ...['n', 'N', 'no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map(
    (w) => [w, false] as const,
  ),
  ...['', '~', 'null', 'Null', 'NULL'].map((w) => [w, null] as const),
  ...['.nan', '.NaN', '.NAN'].map((w) => [w, Number.NaN] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((w) => [w, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((w) => [w, Number.NEGATIVE_INFINITY] as const),
]);

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
/** Go takes underscores only between digits or after the base prefix; YAML's are removed before. */
const INTEGERS: [RegExp, string][] = [
  [/^([-+]?)(0|[1-9][0-9]*)$/, ''],
  [/^([-+]?)0[xX]([0-9a-fA-F]+)$/, '0x'],
  [/^([-+]?)0[oO]?([0-7]+)$/, '0o'],
  [/^([-+]?)0[bB]([01]+)$/, '0b'],
];

/**
 * The value of an unquoted scalar as kubectl reads it: YAML 1.1 as in go.yaml.in/yaml/v2 resolve.go, where
 * `0644` is 420, `yes` is true and `1_000` is 1000. Timestamps stay text there, so they do here.
 */
export function resolvePlain(text: string): Scalar {
  const first = text[0];
  if (first !== undefined && !/[-+0-9.yYnNtTfFoO~]/.test(first)) return text;
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (first === '.') return toFloat(text) ?? text;
  if (!/[-+0-9]/.test(first ?? '') || isTimestamp(text)) return text;
  return toNumber(text.replaceAll('_', '')) ?? text;
}

function toNumber(plain: string): number | bigint | undefined {
  for (const [pattern, prefix] of INTEGERS) {
    const match = pattern.exec(plain);
    if (!match) continue;
    const magnitude = BigInt(`${prefix}${match[2]}`);
    const value = match[1] === '-' ? -magnitude : magnitude;
    // A sign is not part of Go's unsigned numbers, and what needs more than 64 bits is a float.
    const fits = value >= -(2n ** 63n) && value < (match[1] === '' ? 2n ** 64n : 2n ** 63n);
    if (fits) return exactInteger(value.toString());
  }
  return toFloat(plain);
}

/** What overflows stays text, as it does in Go. */
function toFloat(text: string): number | undefined {
  const value = FLOAT.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

const TIMESTAMP =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt](\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?(?:Z|[-+]\d{2}:\d{2}))|(?: (\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,]\d+)?))?$/;

export function isTimestamp(text: string): boolean {
  const match = TIMESTAMP.exec(text);
  if (!match) return false;
  const [year, month, day] = match.slice(1, 4).map(Number) as [number, number, number];
  const [hour, minute, second] = (match[4] ? match.slice(4, 7) : match.slice(7, 10)).map((n) =>
    Number(n ?? 0),
  );
  const lastDay = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return (
    month >= 1 && month <= 12 && day >= 1 && day <= lastDay && hour! < 24 && minute! < 60 && second! < 60
  );
}

/** `12:30:45`, a number in base 60 for YAML 1.1 readers other than Go's. */
const BASE60 = /^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?$/;

/** Whether a text would be read back as itself when it stands unquoted. */
export function readsAsText(text: string): boolean {
  return typeof resolvePlain(text) === 'string' && !isTimestamp(text) && !BASE60.test(text);
}
