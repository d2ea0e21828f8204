import { goText } from './go-text.ts';
import type { Json } from './json.ts';
import { JsonPath, relaxedPath } from './jsonpath.ts';
import type { TabWriter } from './tab-writer.ts';
import { escapeTerminal } from './terminal.ts';

export interface CustomColumn {
  header: string;
  path: JsonPath;
}

/** `NAME:.metadata.name,IMAGE:.spec.containers[0].image`. Throws Error with kubectl's words. */
export function parseColumns(spec: string): CustomColumn[] {
  if (spec === '') throw new Error('custom-columns format specified but no custom columns given');
  return spec.split(',').map((part) => {
    const colon = part.indexOf(':');
    if (colon < 0)
      throw new Error(`unexpected custom-columns spec: ${part}, expected <header>:<json-path-expr>`);
    return { header: part.slice(0, colon), path: new JsonPath(relaxedPath(part.slice(colon + 1))) };
  });
}

/** Two lines of words: headers, then paths. */
export function parseColumnsFile(text: string): CustomColumn[] {
  const [first, second] = text.split('\n');
  const words = (line = '') => line.split(/\s+/).filter((word) => word !== '');
  if (first === undefined || second === undefined)
    throw new Error(
      'invalid template, expected one line of space separated headers and one line of space separated column specs',
    );
  const [headers, paths] = [words(first), words(second)];
  if (headers.length !== paths.length)
    throw new Error(
      `number of headers (${headers.length}) and field specifications (${paths.length}) don't match`,
    );
  return headers.map((header, i) => ({ header, path: new JsonPath(relaxedPath(paths[i]!)) }));
}

export function writeHeaders(columns: CustomColumn[], out: TabWriter): void {
  out.write(`${columns.map((column) => column.header).join('\t')}\n`);
}

export function writeRow(columns: CustomColumn[], object: Json, out: TabWriter): void {
  const cells = columns.map(({ path }) => {
    const lists = path.find(object);
    if (lists.length === 0 || lists[0]!.length === 0) return '<none>';
    return lists.flatMap((values) => values.map((value) => escapeTerminal(goText(value)))).join(',');
  });
  out.write(`${cells.join('\t')}\n`);
}
