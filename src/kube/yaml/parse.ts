import { type Document, LineCounter, type ParsedNode, parseAllDocuments } from 'yaml';
import type { Position } from './invalid.ts';

export const CONTROL_CHARACTER = {
  pattern: /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/,
  message: 'a control character: this is not a text file',
};
export const TOO_DEEP = 'nested too deeply';

/** The nodes of a text, every scalar still text: the converter gives it kubectl's meaning. `read` may throw RangeError. */
export function parseDocuments(text: string): {
  read(): Document.Parsed<ParsedNode>[];
  at(offset: number): Position;
} {
  const lines = new LineCounter();
  const read = () => {
    const parsed = parseAllDocuments(text, {
      schema: 'failsafe',
      version: '1.1',
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: lines,
      logLevel: 'silent',
    });
    return 'empty' in parsed ? [] : (parsed as Document.Parsed<ParsedNode>[]);
  };
  const at = (offset: number) => {
    const { line, col } = lines.linePos(Math.min(offset, text.length));
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  return { read, at };
}

export function plainWords(message: string): string {
  // The library's own recursion, told as an error of the document.
  if (/call stack/i.test(message)) return TOO_DEEP;
  return message
    .replace(/(?<=["'])quote/, ' quote')
    .replace(/ at line \d+, column \d+:?.*$/s, '')
    .trim();
}
