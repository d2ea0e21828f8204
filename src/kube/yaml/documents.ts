import { isMap, isSeq, type Node } from 'yaml';
import { layOutJson, parseJson } from '../json.ts';
import { ConversionError, Converter } from './convert.ts';
import { manifestInvalid, type Position, positionOf } from './invalid.ts';
import { CONTROL_CHARACTER, parseDocuments, plainWords, TOO_DEEP } from './parse.ts';

/** One document of a text; empty ones are left out. */
export interface ReadDocument {
  value: unknown;
  line: number;
  /** The lines of the elements of a list that stands under this key of the document. */
  linesUnder(key: string): number[];
}

/** Every document of a text, YAML or JSON. Throws `ManifestInvalid` for the first thing that is wrong. */
export function readDocuments(input: string | Uint8Array, source: string): ReadDocument[] {
  const text = decode(input, source);
  const control = text.search(CONTROL_CHARACTER.pattern);
  if (control >= 0) throw manifestInvalid(text, source, positionOf(text, control), CONTROL_CHARACTER.message);
  return readJson(text, source) ?? readYaml(text, source);
}

function decode(input: string | Uint8Array, source: string): string {
  if (typeof input === 'string') return input.replace(/^\uFEFF/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(input);
  } catch {
    const loose = new TextDecoder('utf-8').decode(input);
    const at = positionOf(loose, Math.max(0, loose.indexOf('\uFFFD')));
    throw manifestInvalid(loose, source, at, 'not valid UTF-8', 'save the file as UTF-8');
  }
}

/** undefined for what is not JSON throughout: it may still be YAML, whose flow style looks alike. */
function readJson(text: string, source: string): ReadDocument[] | undefined {
  if (!/^\s*\{/.test(text)) return undefined;
  const { documents, duplicate } = layOutJson(text);
  let read: ReadDocument[];
  try {
    const rest = documents.reduceRight(
      (left, { start, end }) => left.slice(0, start) + left.slice(end),
      text,
    );
    if (rest.trim() !== '' || documents.length === 0) return undefined;
    read = documents.map(({ start, end }) => {
      const { line } = positionOf(text, start);
      const value = parseJson(text.slice(start, end));
      return { value, line, linesUnder: () => [] };
    });
  } catch {
    return undefined;
  }
  if (duplicate) {
    const at = positionOf(text, duplicate.offset);
    throw manifestInvalid(text, source, at, `the key ${duplicate.key} stands here twice`);
  }
  return read;
}

function readYaml(text: string, source: string): ReadDocument[] {
  const { read, at } = parseDocuments(text);
  try {
    return read().flatMap((document) => {
      const error = document.errors[0];
      if (error) throw new ConversionError(plainWords(error.message), error.pos[0]);
      const value = new Converter().convert(document.contents);
      if (value === null || value === undefined) return [];
      const contents = document.contents as Node;
      return [
        { value, line: at(contents.range?.[0] ?? 0).line, linesUnder: (key) => linesOf(contents, key, at) },
      ];
    });
  } catch (error) {
    if (error instanceof ConversionError)
      throw manifestInvalid(text, source, at(error.offset), error.message);
    if (error instanceof RangeError) throw manifestInvalid(text, source, { line: 1, column: 1 }, TOO_DEEP);
    throw error;
  }
}

function linesOf(contents: Node, key: string, at: (offset: number) => Position): number[] {
  const list = isMap(contents) ? contents.get(key, true) : undefined;
  if (!isSeq(list)) return [];
  return list.items.map((item) => at((item as Node | null)?.range?.[0] ?? 0).line);
}
