import { isNotFound } from '../../kube/errors.ts';
import { listAll } from '../../kube/objects.ts';
import { resourcePath } from '../../kube/paths.ts';
import type { ApiClient, KubeObject, ResourceType } from '../../kube/port.ts';
import type { Table } from '../../output/printers/table.ts';
import type { ListTarget, OneTarget, Selected } from '../selection/select.ts';
import { asTable, TABLE_ACCEPT } from './table.ts';

export interface ReadOptions {
  subresource?: string;
  /** Whole objects in the rows, to sort by. */
  includeObject?: boolean;
  chunkSize?: number;
  ignoreNotFound?: boolean;
  warn?: (text: string) => void;
}

/** Tables of one type in the order of the selection, and what went wrong beside them. */
export interface TableGroup {
  type: ResourceType;
  tables: Table[];
}

/** All answers, asked for at once. */
export async function readTables(
  client: ApiClient,
  { ones, lists }: Selected,
  options: ReadOptions,
): Promise<{ groups: TableGroup[]; errors: unknown[] }> {
  const asked = [
    ...ones.map((one) => ({ type: one.type, tables: oneTable(client, one, options) })),
    ...lists.map((list) => ({ type: list.type, tables: listTables(client, list, options) })),
  ];
  const errors: unknown[] = [];
  const groups: TableGroup[] = [];
  for (const [index, outcome] of (await Promise.allSettled(asked.map((one) => one.tables))).entries()) {
    const { type } = asked[index]!;
    if (outcome.status === 'fulfilled') groups.push({ type, tables: outcome.value });
    else if (!(options.ignoreNotFound && isNotFound(outcome.reason))) errors.push(outcome.reason);
  }
  return { groups, errors };
}

const includeObject = (options: ReadOptions) => (options.includeObject ? 'Object' : undefined);

async function oneTable(client: ApiClient, one: OneTarget, options: ReadOptions): Promise<Table[]> {
  const { type, name, namespace } = one;
  const { body, warnings } = await client.request({
    path: resourcePath(type, { namespace, name, subresource: options.subresource }),
    query: { includeObject: includeObject(options) },
    accept: TABLE_ACCEPT,
  });
  for (const text of warnings) options.warn?.(text);
  return [asTable(body)];
}

async function listTables(client: ApiClient, list: ListTarget, options: ReadOptions): Promise<Table[]> {
  const { type, namespace, labelSelector, fieldSelector } = list;
  const tables: Table[] = [];
  let token: string | undefined;
  do {
    const { body, warnings } = await client.request({
      path: resourcePath(type, { namespace }),
      query: {
        // Sorting needs all rows in one table.
        limit: options.includeObject ? undefined : options.chunkSize || undefined,
        continue: token,
        labelSelector: labelSelector || undefined,
        fieldSelector: fieldSelector || undefined,
        includeObject: includeObject(options),
      },
      accept: TABLE_ACCEPT,
      timeoutMs: 60_000,
    });
    for (const text of warnings) options.warn?.(text);
    const table = asTable(body);
    tables.push(table);
    token = table.metadata?.continue || undefined;
  } while (token);
  return tables;
}

/** Whole objects in the order of the selection. */
export async function readObjects(
  client: ApiClient,
  { ones, lists }: Selected,
  options: ReadOptions,
): Promise<{ objects: KubeObject[]; errors: unknown[] }> {
  const outcomes = await Promise.allSettled([
    ...ones.map(async ({ type, name, namespace }) => {
      const path = resourcePath(type, { namespace, name, subresource: options.subresource });
      const { body, warnings } = await client.request<KubeObject>({ path });
      for (const text of warnings) options.warn?.(text);
      return [body];
    }),
    ...lists.map(async (list) => {
      const { type, namespace, labelSelector, fieldSelector } = list;
      const selection = { namespace, labelSelector, fieldSelector };
      return (await listAll(client, type, selection, { limit: options.chunkSize || undefined })).items;
    }),
  ]);
  const errors: unknown[] = [];
  const objects = outcomes.flatMap((outcome) => {
    if (outcome.status === 'fulfilled') return outcome.value;
    if (!(options.ignoreNotFound && isNotFound(outcome.reason))) errors.push(outcome.reason);
    return [];
  });
  return { objects, errors };
}
