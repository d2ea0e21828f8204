import { sleep } from '../../base/wait.ts';
import { ApiError, isGone } from '../../kube/errors.ts';
import { parseJson } from '../../kube/json.ts';
import { getOne } from '../../kube/objects.ts';
import { resourcePath } from '../../kube/paths.ts';
import type { ApiClient, KubeObject, Status } from '../../kube/port.ts';
import { linesOf } from '../../kube/watch.ts';
import { TabWriter } from '../../output/printers/tab-writer.ts';
import { type Table, TablePrinter } from '../../output/printers/table.ts';
import { usageFault } from '../failures.ts';
import type { Format } from '../printing/format.ts';
import { kindOf } from '../printing/kind.ts';
import { ObjectPrinter } from '../printing/objects.ts';
import type { ListTarget, Selected } from '../selection/select.ts';
import { type Output, warn } from '../streams.ts';
import type { GetOptions } from './get.ts';
import { sortBy } from './sort.ts';
import { asTable, metadataOf, TABLE_ACCEPT } from './table.ts';

type Show = (body: unknown, event?: string) => void;

/**
 * `get -w`: what is there, then each change, until the process is ended or `signal` comes. Lost connections and expired versions
 * are taken up again; an object that did not change meanwhile is not shown twice.
 */
export async function watchObjects(
  client: ApiClient,
  selected: Selected,
  format: Format,
  options: GetOptions,
  output: Output,
  signal?: AbortSignal,
): Promise<void> {
  const target = await targetOf(client, selected);
  if (options.sortBy) warn(output, '--watch requested, --sort-by will be ignored for watch events received');
  const accept = format.kind === 'table' ? TABLE_ACCEPT : undefined;
  const show =
    format.kind === 'table'
      ? showRows(target, format, options, output)
      : showObjects(format, options, output);
  const seen = new Map<string, string>();
  let version = await list(client, target, accept, seen, options.watchOnly ? undefined : show, options);
  for (let failures = 0; ; ) {
    try {
      for await (const event of follow(client, target, version, accept, signal)) {
        failures = 0;
        version = note(seen, event.object) ?? version;
        show(event.object, event.type);
      }
    } catch (error) {
      if (signal?.aborted) return;
      if (isGone(error)) version = await list(client, target, accept, seen, show, options);
      else if (error instanceof ApiError && error.httpStatus < 500 && error.httpStatus !== 429) throw error;
      else if (++failures > 5) throw error;
      else await sleep(200 * 2 ** failures);
    }
  }
}

async function targetOf(client: ApiClient, { ones, lists }: Selected): Promise<ListTarget> {
  if (ones.length + lists.length !== 1)
    throw usageFault('you may only watch a single resource or type of resource at a time');
  const [one] = ones;
  if (!one) return lists[0]!;
  await getOne(client, one.type, one.name, one.namespace);
  return { type: one.type, namespace: one.namespace, fieldSelector: `metadata.name=${one.name}` };
}

/** Shows what changed since it was last seen; gives the version to watch from. */
async function list(
  client: ApiClient,
  { type, namespace, labelSelector, fieldSelector }: ListTarget,
  accept: string | undefined,
  seen: Map<string, string>,
  show: Show | undefined,
  options: GetOptions,
): Promise<string> {
  const { body } = await client.request<Listing>({
    path: resourcePath(type, { namespace }),
    query: { labelSelector, fieldSelector, includeObject: options.sortBy ? 'Object' : undefined },
    accept,
    timeoutMs: 60_000,
  });
  const event = options.outputWatchEvents ? 'ADDED' : undefined;
  const isNew = (object: unknown) => {
    const { uid = '', resourceVersion } = metadataOf(object);
    return seen.get(uid) !== resourceVersion;
  };
  if (body.kind === 'Table' || accept !== undefined) {
    const table = asTable(body);
    const rows = (table.rows ?? []).filter((row) => isNew(row.object));
    const sorted = options.sortBy ? sortBy(rows, options.sortBy, (row) => row.object) : rows;
    for (const row of rows) note(seen, row.object);
    show?.({ ...table, rows: sorted }, event);
  } else {
    const apiVersion = type.group ? `${type.group}/${type.version}` : type.version;
    for (const item of body.items ?? []) {
      if (!isNew(item)) continue;
      note(seen, item);
      show?.({ ...item, apiVersion, kind: type.kind }, event);
    }
  }
  return body.metadata?.resourceVersion ?? '';
}

interface Listing {
  kind?: string;
  metadata?: { resourceVersion?: string };
  items?: KubeObject[];
}

interface WatchLine {
  type: string;
  object: unknown;
}

async function* follow(
  client: ApiClient,
  { type, namespace, labelSelector, fieldSelector }: ListTarget,
  resourceVersion: string,
  accept: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<WatchLine> {
  const path = resourcePath(type, { namespace });
  const query = { watch: true, resourceVersion, labelSelector, fieldSelector };
  const body = await client.stream({ path, query, accept, signal });
  for await (const line of linesOf(body)) {
    const event = parseJson(line) as WatchLine;
    const status = event.object as Status;
    if (event.type === 'ERROR')
      throw new ApiError({
        server: client.server,
        method: 'GET',
        path,
        httpStatus: status.code ?? 500,
        status,
      });
    yield event;
  }
}

/** Remembers each object's version; gives the last one. */
function note(seen: Map<string, string>, body: unknown): string | undefined {
  const { rows } = body as Table;
  const objects = rows ? rows.map((row) => row.object) : [body];
  let last: string | undefined;
  for (const object of objects) {
    const { uid = '', resourceVersion } = metadataOf(object);
    if (resourceVersion === undefined) continue;
    seen.set(uid, resourceVersion);
    last = resourceVersion;
  }
  return last;
}

function showRows(target: ListTarget, format: Format, options: GetOptions, output: Output): Show {
  const rows = new TabWriter();
  const { type } = target;
  const printer = new TablePrinter({
    ...options,
    wide: format.wide,
    kind: options.showKind ? kindOf(type) : undefined,
    withNamespace: options.selection.allNamespaces && type.namespaced,
  });
  return (body, event) => {
    printer.print(asTable(body), rows, options.outputWatchEvents ? event : undefined);
    output.out(rows.take());
  };
}

function showObjects(format: Exclude<Format, { kind: 'table' }>, options: GetOptions, output: Output): Show {
  const printer = new ObjectPrinter(format, options);
  return (object, event) =>
    output.out(printer.print(options.outputWatchEvents && event ? { type: event, object } : object));
}
