import type { KubeObject } from '../port.ts';
import { readDocuments } from './documents.ts';
import { manifestInvalid } from './invalid.ts';

/** One object of a file, and where it stands there. */
export interface Manifest {
  object: KubeObject;
  /** The name of the file as the user gave it, `-` for standard input. */
  source: string;
  /** Counts from 1. */
  line: number;
}

type Plain = Record<string, unknown>;

/**
 * Every object of a text, as kubectl reads it (sigs.k8s.io/yaml on YAML 1.1, or JSON); lists are taken apart
 * and empty documents left out. Integers beyond 2^53 become bigint: write them with stringifyJson.
 * Throws KubewrightError `ManifestInvalid` (exit 23) with file, line, column and the line itself.
 */
export function readManifests(text: string | Uint8Array, source: string): Manifest[] {
  return readDocuments(text, source).flatMap((document) => {
    const { value, line } = document;
    if (!isPlain(value) || !Array.isArray(value.items)) return [toManifest(value, source, line)];
    const lines = document.linesUnder('items');
    return value.items.map((item, index) => toManifest(item, source, lines[index] ?? line));
  });
}

function toManifest(value: unknown, source: string, line: number): Manifest {
  const wrong = fault(value);
  if (wrong) throw manifestInvalid('', source, { line, column: 1 }, wrong);
  const object = value as KubeObject;
  object.metadata ??= {};
  return { object, source, line };
}

function fault(value: unknown): string | undefined {
  if (!isPlain(value)) return 'an object (a map with apiVersion and kind) is expected here';
  for (const field of ['apiVersion', 'kind'])
    if (typeof value[field] !== 'string' || value[field] === '') return `the object has no ${field}`;
  const { metadata } = value;
  if (metadata !== undefined && metadata !== null && !isPlain(metadata)) return 'metadata has to be a map';
  for (const field of ['name', 'namespace', 'generateName']) {
    const text = (metadata as Plain | undefined | null)?.[field];
    if (text !== undefined && text !== null && typeof text !== 'string')
      return `metadata.${field} has to be text: put ${String(text)} in quotes`;
  }
  return undefined;
}

const isPlain = (value: unknown): value is Plain =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
