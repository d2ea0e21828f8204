import type { ApiClient } from '../../kube/port.ts';
import { throwAll, usageFault } from '../failures.ts';
import { parseFormat } from '../printing/format.ts';
import { asList, ObjectPrinter } from '../printing/objects.ts';
import { type SelectionOptions, select } from '../selection/select.ts';
import { type Output, warn } from '../streams.ts';
import { printTables } from './print-tables.ts';
import { type ReadOptions, readObjects, readTables } from './read.ts';
import { sortBy } from './sort.ts';
import { watchObjects } from './watch.ts';

export interface GetOptions {
  selection: SelectionOptions;
  output?: string;
  watch?: boolean;
  watchOnly?: boolean;
  outputWatchEvents?: boolean;
  sortBy?: string;
  showLabels?: boolean;
  labelColumns?: string[];
  showKind?: boolean;
  noHeaders?: boolean;
  ignoreNotFound?: boolean;
  showManagedFields?: boolean;
  strictPaths?: boolean;
  subresource?: string;
  chunkSize?: number;
}

/** `get`: prints what it found and then throws what went wrong, as kubectl does. */
export async function get(client: ApiClient, options: GetOptions, output: Output): Promise<void> {
  const format = parseFormat(options.output, options.selection.cwd);
  checkFlags(options, format.kind === 'table');
  const selected = await select(client, options.selection, { listWithoutSelector: true });
  if (options.watch || options.watchOnly) return watchObjects(client, selected, format, options, output);
  const read: ReadOptions = { ...options, warn: (text) => warn(output, text) };
  if (format.kind !== 'table') {
    const { objects, errors } = await readObjects(client, selected, read);
    if (selected.single && errors.length > 0) throw errors[0];
    if (objects.length === 0 && options.ignoreNotFound) return throwAll(errors);
    const printer = new ObjectPrinter(format, options);
    const items = options.sortBy ? sortBy(objects, options.sortBy, (object) => object) : objects;
    output.out(printer.print(selected.single && items.length === 1 ? items[0] : asList(items)));
    return throwAll(errors);
  }
  const { groups, errors } = await readTables(client, selected, {
    ...read,
    includeObject: Boolean(options.sortBy),
  });
  const { allNamespaces } = options.selection;
  const text = printTables(groups, { ...options, wide: format.wide, allNamespaces });
  output.out(text);
  const namespaced = !allNamespaces && groups.every(({ type }) => type.namespaced);
  if (text === '' && errors.length === 0 && !options.ignoreNotFound)
    output.note(`No resources found${namespaced ? ` in ${client.namespace} namespace.` : ''}`);
  throwAll(errors);
}

function checkFlags(options: GetOptions, table: boolean): void {
  if (options.showLabels && !table)
    throw usageFault(`--show-labels option cannot be used with ${options.output} printer`);
  if (options.labelColumns?.length && options.output?.startsWith('custom-columns'))
    throw usageFault(`--label-columns option cannot be used with ${options.output} printer`);
  if (options.outputWatchEvents && !options.watch && !options.watchOnly)
    throw usageFault('--output-watch-events option can only be used with --watch or --watch-only');
}
