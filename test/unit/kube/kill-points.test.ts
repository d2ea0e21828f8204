import { beforeEach, expect, it } from 'vitest';
import { FaultHook } from '../../../src/host/fault.ts';
import { withKillPoints } from '../../../src/kube/kill-points.ts';
import type { ApiClient, ApiRequest } from '../../../src/kube/port.ts';

const sent: string[] = [];
beforeEach(() => void sent.splice(0));

const client = {
  server: 'https://192.0.2.1:6443',
  namespace: 'default',
  close: async () => void sent.push('closed'),
  request: async ({ method = 'GET', path }: ApiRequest) => {
    sent.push(`${method} ${path}`);
    return { status: 200, body: {}, warnings: [], headers: {} };
  },
} as unknown as ApiClient;

const PUT: ApiRequest = { method: 'PUT', path: '/api/v1/nodes/w1' };
const dying = (operation: string, point: 'before' | 'mid' | 'after-unacked') =>
  withKillPoints(client, new FaultHook({ operation, point, kind: 'reset' }));

it.each([
  ['before', []],
  ['mid', ['PUT /api/v1/nodes/w1']],
  ['after-unacked', ['PUT /api/v1/nodes/w1']],
] as const)('a request that dies %s it was answered tells of no answer', async (point, seen) => {
  const watched = dying('api/PUT /api/v1/nodes/w1', point);
  await expect(watched.request(PUT)).rejects.toMatchObject({ code: 'AnswerLost' });
  expect(sent).toEqual([...seen, 'closed']);
});

it('the second request of a kind has a number, and names that are new in each run have none', async () => {
  const second = dying('api/PUT /api/v1/nodes/w1#2', 'before');
  await second.request(PUT);
  await expect(second.request(PUT)).rejects.toMatchObject({ code: 'AnswerLost' });
  const token = dying('api/DELETE /api/v1/namespaces/kube-system/secrets/bootstrap-token-*', 'before');
  const path = '/api/v1/namespaces/kube-system/secrets/bootstrap-token-a1b2c3';
  await expect(token.request({ method: 'DELETE', path })).rejects.toMatchObject({ code: 'AnswerLost' });
});

it('what only reads is no kill point, in etcd too', async () => {
  const path = '/v3/cluster/member/list';
  await dying(`api/POST ${path}`, 'before').request({ method: 'POST', path });
  await dying('api/undefined /version', 'before').request({ path: '/version' });
  expect(sent).toEqual([`POST ${path}`, 'GET /version']);
});
