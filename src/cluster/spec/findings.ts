import { KubewrightError } from '../../base/errors.ts';
import type { Path, Position } from '../../kube/yaml.ts';

export type { Path } from '../../kube/yaml.ts';

/** One thing that is wrong with a specification. */
export interface Finding {
  /** The field, from the top of the specification. */
  path: Path;
  /** What is wrong with it, without the field's name. */
  message: string;
  /** What would be right. */
  hint?: string | undefined;
  /** Fields that it would not be without; it is told at the first one that was written. */
  or?: readonly Path[] | undefined;
  /** Its name is wrong, rather than its value. */
  key?: boolean;
}

/** Where a specification was written, if it was in a file. */
export interface Written {
  /** The file's name as the user gave it. */
  source: string;
  /** Of a field of the specification (`name` is the file's metadata.name); undefined where the file has it not. */
  position(path: Path): Position | undefined;
}

/** `hosts[0].name` */
export function pathText(path: Path): string {
  return path.reduce<string>((sum, part) => {
    if (typeof part === 'number') return `${sum}[${part}]`;
    const word = /[.[\]\s"]|^$/.test(part) ? JSON.stringify(part) : part;
    return sum ? `${sum}.${word}` : word;
  }, '');
}

export function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (at, part) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, part)
        ? (at as Record<string | number, unknown>)[part]
        : undefined,
    value,
  );
}

/** InvalidClusterSpec for options and records; InvalidClusterFile with the places in it for what a file says. */
export function invalidSpec(findings: readonly Finding[], written?: Written): KubewrightError {
  const placed = written ? findings.map((finding) => placeOf(finding, written)) : [];
  if (written && placed.some(({ at }) => at)) return invalidFile(written.source, placed);
  const lines = findings.map((finding) => sentence(finding));
  return new KubewrightError({
    code: 'InvalidClusterSpec',
    message:
      lines.length === 1
        ? `The cluster cannot be built as described: ${lines[0]}.`
        : `The cluster cannot be built as described, for ${lines.length} reasons:\n${lines.map((line) => `- ${line}`).join('\n')}`,
    hint: 'Correct the options or the cluster file and run the command again; nothing was changed.',
    exit: 'invalidInput',
  });
}

function placeOf(finding: Finding, { position }: Written): PlacedFinding {
  const { path, message, or = [] } = finding;
  const told = [path, ...or].find((each) => position(each)) ?? path;
  return {
    ...finding,
    path: inFile(told),
    message: told === path ? message : `${pathText(path)} ${message}`,
    at: position(told),
  };
}

/** Where a field of the specification stands in a cluster file. */
export function inFile(path: Path): Path {
  return path[0] === 'name' ? ['metadata', ...path] : ['spec', ...path];
}

/** A finding in a text; the path is the document's. */
export interface PlacedFinding extends Finding {
  at: Position | undefined;
}

const SHOWN = 50;

/** InvalidClusterFile: a line a finding, `FILE:LINE:COLUMN: field.path: what (hint)`, in the order of the file. */
export function invalidFile(source: string, findings: readonly PlacedFinding[]): KubewrightError {
  const sorted = inOrder(findings);
  const lines = sorted.slice(0, SHOWN).map((finding) => `${place(source, finding.at)}: ${sentence(finding)}`);
  if (sorted.length > SHOWN) lines.push(`${source}: … and ${sorted.length - SHOWN} more`);
  return new KubewrightError({
    code: 'InvalidClusterFile',
    message: lines.join('\n'),
    hint: 'Correct the file and run the command again; nothing was changed.',
    exit: 'invalidInput',
  });
}

export function inOrder(findings: readonly PlacedFinding[]): PlacedFinding[] {
  return findings.toSorted(
    ({ at: a = NOWHERE }, { at: b = NOWHERE }) => a.line - b.line || a.column - b.column,
  );
}

const NOWHERE: Position = { line: Number.MAX_SAFE_INTEGER, column: 0 };

function place(source: string, at: Position | undefined): string {
  return at ? `${source}:${at.line}:${at.column}` : source;
}

function sentence({ path, message, hint }: Finding): string {
  const field = pathText(path);
  return `${field ? `${field}: ` : ''}${message}${hint ? ` (${hint})` : ''}`;
}
