import type { KubeObject } from '../../kube/port.ts';
import { isMap, type Json } from '../../output/printers/json.ts';
import type { Table } from '../../output/printers/table.ts';
import { age } from './age.ts';

export const TABLE_ACCEPT = [
  'application/json;as=Table;v=v1;g=meta.k8s.io',
  'application/json;as=Table;v=v1beta1;g=meta.k8s.io',
  'application/json',
].join(',');

interface Answer {
  kind?: string;
  metadata?: { continue?: string; resourceVersion?: string };
  items?: KubeObject[];
}

/** What the server answered, as a table: servers behind an APIService may not know tables. */
export function asTable(body: unknown): Table & Pick<Answer, 'metadata'> {
  const answer = body as Answer & Table;
  if (answer.kind === 'Table') return answer;
  const objects = answer.items ?? [answer as unknown as KubeObject];
  return {
    metadata: answer.metadata,
    columnDefinitions: [
      { name: 'Name', type: 'string', format: 'name' },
      { name: 'Age', type: 'string' },
    ],
    rows: objects.map((object) => ({
      cells: [object.metadata.name ?? '', age(object.metadata.creationTimestamp as string, Date.now())],
      object,
    })),
  };
}

export function metadataOf(object: Json): KubeObject['metadata'] {
  return isMap(object) && isMap(object.metadata) ? (object.metadata as KubeObject['metadata']) : {};
}
