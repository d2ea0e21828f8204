import { type LocatedDocument, locateDocuments, type Path, type Position } from '../../kube/yaml.ts';
import { readEnvelope } from './envelope.ts';
import { explain } from './explain.ts';
import {
  type Finding,
  inFile,
  invalidFile,
  type PlacedFinding,
  pathText,
  valueAt,
  type Written,
} from './findings.ts';
import { clusterInputSchema, withoutNulls } from './input-schema.ts';
import type { ClusterSpecInput } from './types.ts';
import { crossFindings } from './validate.ts';

/** A cluster file, read. Give it to resolveSpec too: what only shows against the record gets its place by it. */
export interface ClusterFile extends Written {
  /** Only what the file says, each field checked by itself. */
  input: ClusterSpecInput;
  /** What has no effect, as `FILE:LINE:COLUMN: …`. */
  warnings: string[];
}

/**
 * Reads one `kind: Cluster` document as Kubernetes reads YAML. `line` is that of the text's first line in the file.
 * Throws InvalidClusterFile (exit 23) with all that is wrong, in the order of the file.
 */
export function readClusterFile(
  text: string,
  source: string,
  { line = 1 }: { line?: number } = {},
): ClusterFile {
  const { document, mistakes } = readText(text.replace(/^\uFEFF/, ''), source, line);
  const place = placer(document, line);
  const envelope = readEnvelope(document.value);
  if (envelope.foreign) throw invalidFile(source, envelope.findings.map(place));
  const spec = readSpec(document);
  const findings = [...envelope.findings, ...spec.findings].map(place);
  if (findings.length + mistakes.length > 0) throw invalidFile(source, [...mistakes, ...findings]);
  const name = valueAt(document.value, ['metadata', 'name']) as string;
  return {
    input: { name, ...spec.input },
    source,
    position: (path) => positionOf(document, { path: inFile(path) }, line),
    warnings: envelope.warnings.map(place).map(({ path, message, at }) => {
      return `${source}:${at?.line}:${at?.column}: ${pathText(path)}: ${message}`;
    }),
  };
}

const YAML_HINTS: readonly [words: RegExp, hint: string][] = [
  [/^Tabs are/, 'indent with spaces'],
  [/compact mappings/, 'a text with ": " in it needs quotes'],
  [/start at the same column/, 'indent it like the lines above'],
];

/** The one document of a text, and mistakes after which it can still be read. */
function readText(text: string, source: string, line: number) {
  const read = locateDocuments(text);
  const mistakes = read.mistakes.map(({ message, ...at }) => ({
    path: [],
    message,
    hint: YAML_HINTS.find(([words]) => words.test(message))?.[1],
    at: moved(at, line),
  }));
  const [document, second] = read.documents;
  if (document && !second) return { document, mistakes };
  if (mistakes.length > 0) throw invalidFile(source, mistakes);
  const wrong = second
    ? { message: 'a second document begins here: a cluster has a file of its own', at: second.start }
    : { message: 'the file is empty', at: { line: 1, column: 1 } };
  throw invalidFile(source, [{ path: [], ...wrong, at: moved(wrong.at, line) }]);
}

/** Paths of findings are the document's. */
function readSpec(document: LocatedDocument): { input: ClusterSpecInput; findings: Finding[] } {
  const value = withoutNulls(valueAt(document.value, ['spec']) ?? {}, clusterInputSchema);
  const parsed = clusterInputSchema.safeParse(value);
  const plain = (path: Path) => document.find(inFile(path))?.plain;
  const wrong = parsed.success
    ? []
    : explain(parsed.error.issues, { value, schema: clusterInputSchema, plain });
  const input = parsed.data ?? soundPart(value, wrong);
  const findings = [...wrong, ...crossFindings(input)];
  return { input, findings: findings.map((finding) => ({ ...finding, path: inFile(finding.path) })) };
}

/** The sections of which nothing has been said yet. */
function soundPart(value: unknown, findings: readonly Finding[]): ClusterSpecInput {
  const wrong = new Set(findings.map(({ path }) => path[0]));
  if (wrong.has(undefined)) return {};
  return Object.fromEntries(Object.entries(value as object).filter(([key]) => !wrong.has(key)));
}

function placer(document: LocatedDocument, line: number): (finding: Finding) => PlacedFinding {
  return (finding) => ({ ...finding, at: positionOf(document, finding, line, true) });
}

/** Of a field that is missing, on demand: where what it belongs to stands. */
function positionOf(
  document: LocatedDocument,
  { path, key }: Pick<Finding, 'path' | 'key'>,
  line: number,
  nearby = false,
): Position | undefined {
  const found = document.find(path);
  if (found) return moved(key ? found.key : found.value, line);
  return nearby && path.length > 0
    ? positionOf(document, { path: path.slice(0, -1) }, line, true)
    : undefined;
}

function moved({ line, column }: Position, first: number): Position {
  return { line: line + first - 1, column };
}
