import {
  type LocatedDocument,
  locateDocuments,
  type Path,
  type Position,
  positionOf,
} from '../../kube/yaml.ts';
import { type PlacedFinding, pathText } from './findings.ts';

const YAML_HINTS: readonly [words: RegExp, hint: string][] = [
  [/^Tabs are/, 'indent with spaces'],
  [/compact mappings/, 'a text with ": " in it needs quotes'],
  [/UTF-8/, 'save the file as UTF-8'],
  [/start at the same column/, 'indent it like the lines above'],
];

/** What decoding leaves of bytes that are no text. */
const REPLACEMENT = '\uFFFD';

/**
 * The documents of a text whose first line is the `first`-th of its file, and what is wrong with its YAML. Documents
 * are there as far as they can be read.
 */
export function readText(
  text: string,
  first: number,
): { documents: LocatedDocument[]; mistakes: PlacedFinding[] } {
  const moved = ({ line, column }: Position) => ({ line: line + first - 1, column });
  const read = locateDocuments(text.replace(/^\uFEFF/, ''));
  const documents = read.documents.map(({ value, start, find }) => ({
    value,
    start: moved(start),
    find: (path: Path) => {
      const found = find(path);
      return found && { ...found, key: moved(found.key), value: moved(found.value) };
    },
  }));
  const broken = text.indexOf(REPLACEMENT);
  if (broken >= 0) read.mistakes.unshift({ ...positionOf(text, broken), message: 'not valid UTF-8' });
  const mistakes = read.mistakes.map(({ message, ...at }) => ({
    path: [],
    message,
    hint: YAML_HINTS.find(([words]) => words.test(message))?.[1],
    at: moved(at),
  }));
  return { documents, mistakes };
}

/** Where a finding stands; one about a field that is missing, where what the field belongs to stands. */
export function placeIn(document: LocatedDocument, path: Path, key = false): Position {
  const found = document.find(path);
  if (found) return key ? found.key : found.value;
  return path.length > 0 ? placeIn(document, path.slice(0, -1)) : document.start;
}

export function warningText(source: string, { path, message, at }: PlacedFinding): string {
  return `${source}:${at?.line}:${at?.column}: ${pathText(path)}: ${message}`;
}
