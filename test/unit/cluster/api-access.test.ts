import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { dialThrough } from '../../../src/cluster/api-access.ts';

it.each([
  ['https://10.0.0.1:6443', '10.0.0.1', 6443],
  ['https://[fd00::1]:2379', 'fd00::1', 2379],
  // URL drops a port that its scheme has anyway.
  ['https://10.0.0.1:443', '10.0.0.1', 443],
  ['http://127.0.0.1:80', '127.0.0.1', 80],
])('a server is dialled through its host: %s', async (server, address, port) => {
  const dialled: [string, number][] = [];
  const host = {
    tunnel: async (...to: [string, number]) => {
      dialled.push(to);
      return new PassThrough();
    },
  };
  await dialThrough(host, server)(server, new AbortController().signal);
  expect(dialled).toEqual([[address, port]]);
});
