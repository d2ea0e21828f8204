import { expect, it } from 'vitest';
import { tellUnrecorded } from '../../../src/cluster/unrecorded.ts';
import type { ApiClient } from '../../../src/kube/port.ts';
import type { Event } from '../../../src/output/events.ts';
import { exampleSpec } from './example.ts';

async function told(...names: string[]): Promise<Event[]> {
  const events: Event[] = [];
  const items = names.map((name) => ({ apiVersion: 'v1', kind: 'Node', metadata: { name } }));
  const api = { request: async () => ({ body: { items } }) } as unknown as ApiClient;
  await tellUnrecorded(api, exampleSpec().spec, { emit: (event) => events.push(event) });
  return events;
}

it('nodes that joined by themselves are named, those of the record are not', async () => {
  expect(await told('cp1')).toEqual([]);
  expect(await told('w2', 'cp1', 'w1')).toMatchObject([
    { type: 'message', level: 'warning', text: expect.stringContaining('record: w1, w2;') },
  ]);
});
