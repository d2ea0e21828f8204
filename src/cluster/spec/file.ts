import type { LocatedDocument, Path } from '../../kube/yaml.ts';
import { checkInput } from './check-input.ts';
import { readEnvelope } from './envelope.ts';
import { type Finding, inFile, invalidFile, type PlacedFinding, valueAt, type Written } from './findings.ts';
import { placeIn, readText, warningText } from './located-text.ts';
import type { ClusterSpecInput } from './types.ts';

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
  const { documents, mistakes } = readText(text, line);
  const document = single(documents, mistakes, source, line);
  const place = (finding: Finding): PlacedFinding => ({
    ...finding,
    at: placeIn(document, finding.path, finding.key),
  });
  const envelope = readEnvelope(document.value);
  if (envelope.foreign) throw invalidFile(source, envelope.findings.map(place));
  const plain = (path: Path) => document.find(inFile(path))?.plain;
  const spec = checkInput(valueAt(document.value, ['spec']), plain);
  const inSpec = spec.findings.map((finding) => ({ ...finding, path: inFile(finding.path) }));
  const lost = lostKeys(valueAt(document.value, ['spec']), ['spec']);
  const findings = [...mistakes, ...[...envelope.findings, ...inSpec, ...lost].map(place)];
  if (findings.length > 0) throw invalidFile(source, findings);
  const name = valueAt(document.value, ['metadata', 'name']) as string;
  return {
    input: { name, ...spec.input },
    source,
    position: (path) => document.find(inFile(path))?.value,
    warnings: envelope.warnings.map((finding) => warningText(source, place(finding))),
  };
}

/** JavaScript takes `__proto__` for something else than a key: it would be gone without a word. */
function lostKeys(value: unknown, path: Path): Finding[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = [...path, Array.isArray(value) ? Number(key) : key];
    if (key !== '__proto__') return lostKeys(inner, below);
    return path.length === 1 ? [] : [{ path: below, key: true, message: 'there can be no key of this name' }];
  });
}

function single(
  [document, second]: readonly LocatedDocument[],
  mistakes: readonly PlacedFinding[],
  source: string,
  line: number,
): LocatedDocument {
  if (document && !second) return document;
  if (mistakes.length > 0) throw invalidFile(source, mistakes);
  const wrong = second
    ? { message: 'a second document begins here: a cluster has a file of its own', at: second.start }
    : { message: 'the file is empty', at: { line, column: 1 } };
  throw invalidFile(source, [{ path: [], ...wrong }]);
}
