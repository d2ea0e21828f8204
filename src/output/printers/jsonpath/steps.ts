import { Cursor } from './cursor.ts';
import { readQuoted } from './quoted.ts';
import { JsonPathError, type Step } from './syntax.ts';

/** A name ends at one of these unless a backslash stands before it. */
const NAME = /(?:\\[\s\S]|[^\\ \t\r\n.,[\]$@{}])*/y;
const NUMBER = /[+-]?[\d.]*/y;

/** The steps up to `}` or the end; the closing brace is left standing. */
export function readSteps(cursor: Cursor): Step[] {
  const steps: Step[] = [];
  while (!cursor.atEnd && !cursor.startsWith('}')) readStep(cursor, steps);
  return steps;
}

function parseAll(text: string): Step[] {
  const cursor = new Cursor(text);
  const steps = readSteps(cursor);
  if (!cursor.atEnd) throw new JsonPathError(`unexpected text after the expression: ${text}`);
  return steps;
}

function readStep(cursor: Cursor, steps: Step[]): void {
  const { char } = cursor;
  if (cursor.startsWith('[?(')) steps.push(readFilter(cursor));
  else if (cursor.startsWith('..')) readRecursive(cursor, steps);
  else if (' \t@$'.includes(char)) cursor.skip(1);
  else if (char === '[') steps.push(...readBrackets(cursor));
  else if (char === '"' || char === "'") steps.push({ kind: 'literal', value: readQuoted(cursor) });
  else if (char === '.') {
    cursor.skip(1);
    steps.push(readField(cursor));
  } else if (/[+\-\d]/.test(char)) steps.push({ kind: 'literal', value: readNumber(cursor) });
  else if (/[\p{L}\p{Nd}_]/u.test(char)) steps.push(readWord(cursor));
  else if (char === '\n' || char === '\r') throw new JsonPathError('unclosed action');
  else throw new JsonPathError(`unrecognized character in action: ${codePoint(cursor)}`);
}

function codePoint(cursor: Cursor): string {
  const point = cursor.char.codePointAt(0) ?? 0;
  return `U+${point.toString(16).toUpperCase().padStart(4, '0')} '${String.fromCodePoint(point)}'`;
}

function readRecursive(cursor: Cursor, steps: Step[]): void {
  if (steps.at(-1)?.kind === 'recursive') throw new JsonPathError('invalid multiple recursive descent');
  cursor.skip(2);
  steps.push({ kind: 'recursive' });
  if (/[\p{L}\p{Nd}_]/u.test(cursor.char)) steps.push(readField(cursor));
}

function readField(cursor: Cursor): Step {
  const name = cursor.word(NAME) ?? '';
  return name === '*' ? { kind: 'wildcard' } : { kind: 'field', name: name.replaceAll('\\', '') };
}

function readNumber(cursor: Cursor): number {
  const text = cursor.word(NUMBER) ?? '';
  const value = Number(text);
  if (Number.isNaN(value) || !/\d/.test(text)) throw new JsonPathError(`cannot parse number ${text}`);
  return value;
}

function readWord(cursor: Cursor): Step {
  const word = cursor.word(NAME) ?? '';
  if (word === 'true' || word === 'false') return { kind: 'literal', value: word === 'true' };
  throw new JsonPathError(`unrecognized identifier ${word}`);
}

/** `[0]`, `[1:3]`, `[*]`, `['key']`, or several of them with commas. */
function readBrackets(cursor: Cursor): Step[] {
  cursor.skip(1);
  const text = cursor.until(']');
  if (cursor.atEnd || text.includes('\n')) throw new JsonPathError('unterminated array');
  cursor.skip(1);
  if (!text.includes(',')) return inBrackets(text);
  return [{ kind: 'union', paths: text.split(',').map((each) => inBrackets(each.trim())) }];
}

function inBrackets(text: string): Step[] {
  const key = /^'([^']*)'$/.exec(text);
  if (key) return parseAll(`.${key[1]}`);
  const slice = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/.exec(text === '*' ? ':' : text);
  if (!slice) throw new JsonPathError(`invalid array index ${text}`);
  const [from, to, step] = slice.slice(1).map(integer);
  if (from === undefined && slice[2] === undefined) throw new JsonPathError(`invalid array index ${text}`);
  return [{ kind: 'slice', from, to, step, single: slice[2] === undefined }];
}

function integer(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new JsonPathError(`array index ${text} is not a number`);
  return value;
}

/** `[?(@.name=="x")]`, or `[?(@.name)]`: those that have one. */
function readFilter(cursor: Cursor): Step {
  cursor.skip(3);
  const text = cursor.word(/(?:"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|[^"')\n])*/y) ?? '';
  if (!cursor.accept(')')) throw new JsonPathError('unterminated filter');
  if (!cursor.accept(']')) throw new JsonPathError('unclosed array expect ]');
  const comparison = /^([^!<>=]+)([!<>=]+)(.+)$/.exec(text);
  if (!comparison) return { kind: 'filter', left: parseAll(text), right: [] };
  const [, left = '', operator = '', right = ''] = comparison;
  if (!['<', '>', '==', '!=', '<=', '>='].includes(operator))
    throw new JsonPathError(`unrecognized filter operator ${operator}`);
  return { kind: 'filter', left: parseAll(left), operator, right: parseAll(right) };
}
