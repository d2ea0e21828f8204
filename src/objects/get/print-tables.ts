import { TabWriter } from '../../output/printers/tab-writer.ts';
import { type Table, type TableOptions, TablePrinter } from '../../output/printers/table.ts';
import { kindOf } from '../printing/kind.ts';
import type { TableGroup } from './read.ts';
import { sortBy } from './sort.ts';

export interface TableLayout extends Omit<TableOptions, 'kind' | 'withNamespace'> {
  showKind?: boolean;
  allNamespaces?: boolean;
  sortBy?: string;
}

/** Each type's rows under headers of their own, a blank line between; empty where there is nothing. */
export function printTables(groups: readonly TableGroup[], layout: TableLayout): string {
  const types = new Set(groups.map(({ type }) => `${type.resource}.${type.version}.${type.group}`));
  const withKind = layout.showKind || types.size > 1;
  const parts: string[] = [];
  for (const run of runsOfOneType(groups)) {
    const rows = new TabWriter();
    const { type } = run[0]!;
    const printer = new TablePrinter({
      ...layout,
      kind: withKind ? kindOf(type) : undefined,
      withNamespace: layout.allNamespaces && type.namespaced,
    });
    for (const { tables } of run)
      for (const table of tables) printer.print(sorted(table, layout.sortBy), rows);
    const text = rows.take();
    if (text !== '') parts.push(text);
  }
  return parts.join(layout.noHeaders ? '' : '\n');
}

/** Neighbours of one type share their headers. */
function runsOfOneType(groups: readonly TableGroup[]): TableGroup[][] {
  const runs: TableGroup[][] = [];
  for (const group of groups) {
    const last = runs.at(-1)?.[0]?.type;
    if (last && last.resource === group.type.resource && last.group === group.type.group)
      runs.at(-1)!.push(group);
    else runs.push([group]);
  }
  return runs;
}

function sorted(table: Table, field: string | undefined): Table {
  if (!field) return table;
  return { ...table, rows: sortBy(table.rows ?? [], field, (row) => row.object) };
}
