import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml';
import { ConversionError, Converter, isMergeKey, keyOf, offsetOf } from './convert.ts';
import { type Position, positionOf } from './invalid.ts';
import { CONTROL_CHARACTER, parseDocuments, plainWords, TOO_DEEP } from './parse.ts';

/** Keys of maps and indices of lists, from the top of the document. */
export type Path = readonly (string | number)[];

export interface Place {
  /** Of the key; of the item in a list. */
  key: Position;
  /** The same as `key` for what has no text of its own, or begins on a later line. */
  value: Position;
  /** An unquoted scalar as it stands there. */
  plain?: string;
}

export interface LocatedDocument {
  /** Plain data, as kubectl reads it. */
  value: unknown;
  start: Position;
  /** Where a field was written; undefined where it was not. Behind an alias: where the anchor is. */
  find(path: Path): Place | undefined;
}

export interface Mistake extends Position {
  message: string;
}

/**
 * The documents of a YAML text (JSON is YAML, too) for a reader that tells all mistakes at once. Documents are there
 * as far as they could be read; empty ones are left out.
 */
export function locateDocuments(text: string): { documents: LocatedDocument[]; mistakes: Mistake[] } {
  const control = text.search(CONTROL_CHARACTER.pattern);
  if (control >= 0)
    return {
      documents: [],
      mistakes: [{ ...positionOf(text, control), message: CONTROL_CHARACTER.message }],
    };
  const mistakes: Mistake[] = [];
  const { read, at } = parseDocuments(text);
  const report = (message: string, offset: number) => void mistakes.push({ ...at(offset), message });
  try {
    const documents = read().flatMap((document) => {
      for (const error of document.errors) report(plainWords(error.message), error.pos[0]);
      if (document.errors.length > 0) return [];
      const value = new Converter((error) => report(error.message, error.offset)).convert(document.contents);
      if (value === null || value === undefined) return [];
      const start = at(offsetOf(document.contents));
      return [{ value, start, find: (path: Path) => find(document, path, at) }];
    });
    return { documents, mistakes };
  } catch (error) {
    if (error instanceof ConversionError) report(error.message, error.offset);
    else if (error instanceof RangeError) report(TOO_DEEP, 0);
    else throw error;
    return { documents: [], mistakes };
  }
}

type At = (offset: number) => Position;
interface Found {
  key: number;
  node: unknown;
}

function find(document: Document, path: Path, at: At): Place | undefined {
  let found: Found | undefined = { key: offsetOf(document.contents), node: document.contents };
  for (const part of path) {
    found = child(resolved(document, found.node), part, document);
    if (!found) return undefined;
  }
  const { key, node } = found;
  const own = isScalar(node) && (node.source !== '' || node.type !== Scalar.PLAIN);
  const place = { key: at(key), value: own ? at(offsetOf(node)) : at(key) };
  const plain = isScalar(node) && node.type === Scalar.PLAIN && !node.tag ? node.source : undefined;
  return plain === undefined ? place : { ...place, plain };
}

function child(node: unknown, part: string | number, document: Document): Found | undefined {
  if (isSeq(node)) {
    const item = typeof part === 'number' ? node.items[part] : undefined;
    return item === undefined ? undefined : { key: offsetOf(item), node: item };
  }
  if (!isMap(node)) return undefined;
  let found: Found | undefined;
  for (const pair of node.items as Pair[]) {
    const merged = isMergeKey(pair.key) ? mergedChild(pair, part, document) : undefined;
    if (merged) found = merged;
    else if (isKey(resolved(document, pair.key), part)) found = { key: offsetOf(pair.key), node: pair.value };
  }
  return found;
}

/** Of several sources of `<<` the first one wins. */
function mergedChild(pair: Pair, part: string | number, document: Document): Found | undefined {
  const source = resolved(document, pair.value);
  const maps: unknown[] = isSeq(source) ? source.items : [source];
  for (const map of maps) {
    const found = child(resolved(document, map), part, document);
    if (found) return found;
  }
  return undefined;
}

function isKey(node: unknown, part: string | number): boolean {
  return isScalar(node) && keyOf(node) === String(part);
}

function resolved(document: Document, node: unknown): unknown {
  return isAlias(node) ? (node.resolve(document) as Node | undefined) : node;
}
