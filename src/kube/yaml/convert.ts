import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { goFloat } from './float.ts';
import { resolvePlain } from './scalars.ts';

/** Thrown with the offset of what is wrong. */
export class ConversionError extends Error {
  readonly offset: number;
  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Roughly values, long texts counting more. Below this, aliases are free, as in go-yaml. */
const FREE_SIZE = 400_000;
const MAX_GROWTH = 10;

type Plain = Record<string, unknown>;

/**
 * Plain data from YAML nodes, with kubectl's meaning of scalars, keys and merges. What an alias names is
 * converted once and shared; what it would be when written out is counted, so that a small text cannot become
 * a large object (CVE-2019-11253).
 */
export class Converter {
  readonly #anchors = new Map<string, Node>();
  readonly #done = new Map<Node, { value: unknown; size: number }>();
  readonly #open = new Set<Node>();
  readonly #report: ((error: ConversionError) => void) | undefined;
  #size = 0;
  #written = 0;

  /** With `report`, a key that stands twice is reported and the later value taken; without, it is thrown. */
  constructor(report?: (error: ConversionError) => void) {
    this.#report = report;
  }

  convert(contents: Document['contents']): unknown {
    return this.#node(contents);
  }

  #node(node: unknown, asKey = false): unknown {
    if (isAlias(node)) return this.#alias(node.source, offsetOf(node));
    const anchored = isNodeWithAnchor(node) ? node : undefined;
    if (!anchored) return this.#value(node, asKey);
    const before = this.#size;
    this.#anchors.set(anchored.anchor, anchored);
    this.#open.add(anchored);
    const value = this.#value(anchored, asKey);
    this.#open.delete(anchored);
    this.#done.set(anchored, { value, size: this.#size - before });
    return value;
  }

  #alias(name: string, offset: number): unknown {
    const node = this.#anchors.get(name);
    if (!node) throw new ConversionError(`unknown anchor "${name}"`, offset);
    if (this.#open.has(node)) throw new ConversionError(`anchor "${name}" contains itself`, offset);
    const done = this.#done.get(node)!;
    this.#grow(done.size, offset);
    return done.value;
  }

  #value(node: unknown, asKey: boolean): unknown {
    this.#written++;
    if (isScalar(node)) {
      const value = scalar(node);
      if (typeof value === 'number' && !Number.isFinite(value) && !asKey)
        throw new ConversionError('JSON has no such number', offsetOf(node));
      this.#grow(1 + (typeof value === 'string' ? value.length >> 5 : 0), offsetOf(node));
      return value;
    }
    this.#grow(1, offsetOf(node));
    if (isMap(node)) return this.#map(node);
    if (isSeq(node)) return node.items.map((item) => this.#node(item));
    return null;
  }

  #grow(by: number, offset: number): void {
    this.#size += by;
    if (this.#size > FREE_SIZE && this.#size > this.#written * MAX_GROWTH)
      throw new ConversionError('too many aliases: written out, the document would be huge', offset);
  }

  #map(node: YAMLMap): Plain {
    const map: Plain = {};
    const own = new Set<string>();
    for (const pair of node.items as Pair[]) {
      if (isMergeKey(pair.key)) {
        this.#merge(map, pair.value);
        continue;
      }
      const key = this.#key(pair.key);
      if (own.has(key)) this.#twice(key, pair.key);
      own.add(key);
      put(map, key, this.#node(pair.value));
    }
    return map;
  }

  #key(node: unknown): string {
    const key = isAlias(node) || isScalar(node) ? this.#node(node, true) : undefined;
    if (key === undefined || key === null || typeof key === 'object')
      throw new ConversionError('a key has to be text', offsetOf(node));
    return keyText(key);
  }

  #twice(key: string, node: unknown): void {
    const error = new ConversionError(`the key "${key}" stands here twice`, offsetOf(node));
    if (!this.#report) throw error;
    this.#report(error);
  }

  /** In order with the other keys, the last one winning; of several sources the first one wins: as go-yaml 2. */
  #merge(map: Plain, node: unknown): void {
    const value = this.#node(node);
    const sources = Array.isArray(value) ? value.toReversed() : [value];
    for (const source of sources) {
      if (typeof source !== 'object' || source === null || Array.isArray(source))
        throw new ConversionError('<< takes a map, or a list of maps', offsetOf(node));
      const entries = Object.entries(source);
      this.#grow(entries.length, offsetOf(node));
      for (const [key, item] of entries) put(map, key, item);
    }
  }
}

/** Own property whatever its name: `__proto__` is data. */
function put(map: Plain, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
  else map[key] = value;
}

/** What stands as this key in the plain data. */
export function keyOf(node: Scalar): string {
  return keyText(scalar(node));
}

function keyText(key: unknown): string {
  return typeof key === 'number' && !Number.isInteger(key) ? goFloat(key) : String(key);
}

function scalar(node: Scalar): unknown {
  const text = typeof node.value === 'string' ? node.value : '';
  switch (node.tag) {
    case undefined:
      return node.type === Scalar.PLAIN || node.type === undefined ? resolvePlain(text) : text;
    case 'tag:yaml.org,2002:int':
    case 'tag:yaml.org,2002:float':
    case 'tag:yaml.org,2002:bool':
    case 'tag:yaml.org,2002:null':
      return resolvePlain(text);
    case 'tag:yaml.org,2002:binary':
      return Buffer.from(text.replaceAll(/\s/g, ''), 'base64').toString('utf8');
    default:
      return text;
  }
}

export const isMergeKey = (key: unknown): boolean =>
  isScalar(key) && key.value === '<<' && key.type === Scalar.PLAIN && !key.tag;

const isNodeWithAnchor = (node: unknown): node is Node & { anchor: string } =>
  (isScalar(node) || isMap(node) || isSeq(node)) && Boolean(node.anchor);

export const offsetOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
