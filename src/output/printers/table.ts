import { goText } from './go-text.ts';
import { isMap, type Json, type JsonMap, sortedKeys } from './json.ts';
import type { TabWriter } from './tab-writer.ts';
import { cellText } from './terminal.ts';

/** Rows after which kubectl fixes the widths, so that long lists need not lie in memory. */
const ALIGN_EVERY = 100;

/** metav1.Table, as API servers answer `as=Table`. */
export interface Table {
  columnDefinitions?: Column[] | null;
  rows?: Row[] | null;
}
export interface Column {
  name: string;
  type: string;
  format?: string;
  priority?: number;
}
export interface Row {
  cells: Json[];
  object?: Json;
}

export interface TableOptions {
  wide?: boolean;
  noHeaders?: boolean;
  withNamespace?: boolean;
  /** `deployment.apps`, put before each name. */
  kind?: string;
  labelColumns?: readonly string[];
  showLabels?: boolean;
}

/** kubectl's human-readable table. Headers come once; a table without columns (watch events) keeps the last ones. */
export class TablePrinter {
  readonly #options: TableOptions;
  #columns: Column[] = [];
  #headersDone = false;

  constructor(options: TableOptions) {
    this.#options = options;
  }

  /** `event`: the watch event's type, shown in a column of its own. */
  print(table: Table, out: TabWriter, event?: string): void {
    const own = table.columnDefinitions ?? [];
    if (own.length > 0 && JSON.stringify(own) !== JSON.stringify(this.#columns)) {
      this.#columns = own;
      this.#headersDone = false;
    }
    const rows = table.rows ?? [];
    if (rows.length === 0) return;
    const columns = this.#decorated(event !== undefined);
    const nameColumn = this.#columns.findIndex((c) => c.format === 'name' && c.type === 'string');
    const lines = rows.map((row) => this.#cells(row, nameColumn, event));
    const headers = !this.#headersDone && !this.#options.noHeaders;
    this.#headersDone = true;
    this.#write(out, columns, lines, headers);
  }

  #decorated(withEvent: boolean): Column[] {
    const { withNamespace, labelColumns = [], showLabels } = this.#options;
    const text = (name: string): Column => ({ name, type: 'string' });
    return [
      ...(withEvent ? [text('Event')] : []),
      ...(withNamespace ? [text('Namespace')] : []),
      ...this.#columns,
      ...labelColumns.map((label) => text(label.split('/').at(-1)!)),
      ...(showLabels ? [text('Labels')] : []),
    ];
  }

  #cells(row: Row, nameColumn: number, event: string | undefined): string[] {
    const { withNamespace, kind, labelColumns = [], showLabels } = this.#options;
    const cells = row.cells.map((cell) => (cell === null ? '' : goText(cell)));
    if (kind && nameColumn >= 0) cells[nameColumn] = `${kind.toLowerCase()}/${cells[nameColumn]}`;
    const metadata = metadataOf(row.object);
    const labels = (metadata.labels ?? {}) as Record<string, string>;
    return [
      ...(event !== undefined ? [event.padEnd(8)] : []),
      ...(withNamespace ? [String(metadata.namespace ?? '')] : []),
      ...cells,
      ...labelColumns.map((label) => labels[label] ?? ''),
      ...(showLabels ? [formatLabels(labels)] : []),
    ];
  }

  /** The first line is padded to the longest cell in bytes, which is how kubectl keeps long lists in line. */
  #write(out: TabWriter, columns: Column[], lines: string[][], headers: boolean): void {
    const visible = columns.flatMap((column, index) =>
      this.#options.wide || !column.priority ? [index] : [],
    );
    const widths = columns.map((_, i) =>
      lines.reduce((widest, line) => Math.max(widest, Buffer.byteLength(line[i] ?? '')), 0),
    );
    const padded = (text: string, length: number, i: number) =>
      i === visible.at(-1) ? text : text + ' '.repeat(Math.max(0, widths[i]! - length));
    if (headers) {
      const names = visible.map((i) => {
        const name = columns[i]!.name.toUpperCase();
        return padded(name, Buffer.byteLength(name), i);
      });
      out.write(`${names.join('\t')}\n`);
    }
    lines.forEach((line, index) => {
      const cells = visible.flatMap((i) => {
        const cell = line[i];
        if (cell === undefined) return [];
        const first = index === 0 && !headers;
        return [first ? padded(cellText(cell), Buffer.byteLength(cell), i) : cellText(cell)];
      });
      out.write(`${cells.join('\t')}\n`);
      if ((index + 1) % ALIGN_EVERY === 0) out.align();
    });
  }
}

function metadataOf(object: Json): JsonMap {
  const metadata = isMap(object) ? object.metadata : undefined;
  return isMap(metadata) ? metadata : {};
}

/** `a=1,b=2`, or `<none>`. */
export function formatLabels(labels: Record<string, string>): string {
  const pairs = sortedKeys(labels).map((key) => `${key}=${labels[key]}`);
  return pairs.length > 0 ? pairs.join(',') : '<none>';
}
