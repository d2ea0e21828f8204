import { KubewrightError } from '../../base/errors.ts';

/** Where in a file: both count from 1. */
export interface Position {
  line: number;
  column: number;
}

export function positionOf(text: string, offset: number): Position {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}

/** `ManifestInvalid`, exit 23: `FILE:LINE:COLUMN: what`, with the line itself as evidence. */
export function manifestInvalid(
  text: string,
  source: string,
  at: Position,
  what: string,
  hint?: string,
): KubewrightError {
  return new KubewrightError({
    code: 'ManifestInvalid',
    message: `${source}:${at.line}:${at.column}: ${what}`,
    evidence: visible(text.split('\n')[at.line - 1] ?? ''),
    hint,
    exit: 'invalidInput',
  });
}

function visible(line: string): string {
  const cut = line.length > 200 ? `${line.slice(0, 200)}…` : line;
  return cut
    .trimEnd()
    .replaceAll('\t', '→')
    .replaceAll(/[\0-\x1f\x7f-\x9f]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
