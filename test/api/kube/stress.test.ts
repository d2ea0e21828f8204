import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApiClient } from '../../../src/kube/client.ts';
import type { ApiClient, ApiRequest, KubeObject } from '../../../src/kube/port.ts';
import { adminClient, endpointOf, freshNamespace, plane, withControlPlane } from '../support/plane.ts';

const WORKERS = 48;
const OBJECTS = 40;
const CONNECT_MS = 1500;
/** Above the 16 KiB of a frame and of a TLS record, so that an answer can be cut in its middle. */
const LARGE = 'x'.repeat(40_000);

type List = { items: KubeObject[] };

withControlPlane('many requests at once', () => {
  let admin: ApiClient;
  let base = '';
  const sockets = new Set<Socket>();
  let made = 0;

  /** Connections to the server that are made meanwhile: to count and to cut. */
  const noted = (event: unknown) => {
    const { socket } = event as { socket: Socket };
    socket.once('connect', () => {
      if (socket.remotePort !== Number(new URL(plane().server).port)) return;
      made++;
      sockets.add(socket.once('close', () => sockets.delete(socket)));
    });
  };
  const watchedClient = () => {
    made = 0;
    return createApiClient(endpointOf(), { env: {}, connectTimeoutMs: CONNECT_MS });
  };

  const manifest = (name: string, data: Record<string, string>) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
    data,
  });
  const name = (i: number) => `c-${i % OBJECTS}`;
  const get = (i: number): ApiRequest => ({ path: `${base}/${name(i)}` });
  const list = (): ApiRequest => ({ path: base, query: { limit: 10 } });
  const merge = (i: number): ApiRequest => ({
    method: 'PATCH',
    path: `${base}/${name(i)}`,
    contentType: 'application/merge-patch+json',
    body: { data: { n: String(i) } },
  });
  const apply = (i: number): ApiRequest => ({
    method: 'PATCH',
    path: `${base}/${name(i)}`,
    query: { fieldManager: 'stress', force: true },
    contentType: 'application/apply-patch+yaml',
    body: manifest(name(i), { large: LARGE, applied: String(i) }),
  });
  const remove = (uid: string): ApiRequest => ({
    method: 'DELETE',
    path: `${base}/c-0`,
    body: { preconditions: { uid } },
  });

  async function one(client: ApiClient, i: number): Promise<string | undefined> {
    try {
      if (i % 5 === 0) expect((await client.request<List>(list())).body.items).toHaveLength(10);
      else if (i % 5 === 1)
        expect((await client.request<KubeObject>(get(i))).body).toMatchObject({ data: { large: LARGE } });
      else if (i % 5 === 2) await client.request(merge(i));
      else if (i % 5 === 3) await client.request(apply(i));
      else await client.request(remove('not-this-one'));
      return undefined;
    } catch (error) {
      const { code, httpStatus, message } = error as { code?: string; httpStatus?: number; message: string };
      // That a precondition does not hold is the answer here; 409 also when the server gives up on a hot object.
      return httpStatus === 409 ? undefined : `${i % 5} ${code}: ${message}`;
    }
  }

  /** For so long, all workers: what failed, how often. */
  async function storm(client: ApiClient, ms: number): Promise<{ done: number; failed: string[] }> {
    const end = performance.now() + ms;
    const failed = new Set<string>();
    let next = 0;
    const worker = async () => {
      while (performance.now() < end) {
        const failure = await one(client, next++);
        if (failure) failed.add(failure);
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, worker));
    return { done: next, failed: [...failed] };
  }

  beforeAll(async () => {
    admin = adminClient();
    base = `/api/v1/namespaces/${await freshNamespace(admin)}/configmaps`;
    await Promise.all(Array.from({ length: OBJECTS }, (_, i) => admin.request(apply(i))));
    subscribe('net.client.socket', noted);
  });
  afterAll(async () => {
    unsubscribe('net.client.socket', noted);
    await admin.close();
  });

  // Each connection was cut off when the time allowed for making it had passed, work or no work.
  it('go over one connection, which outlives the time allowed for making it', async () => {
    const client = watchedClient();
    const { done, failed } = await storm(client, 2 * CONNECT_MS);
    await client.close();
    expect(failed).toEqual([]);
    expect(done).toBeGreaterThan(WORKERS);
    expect(made).toBe(1);
  });

  // Answers cut off by the end of a connection passed for whole where they announced no length.
  it('on connections that are cut: whole answers, or the truth about it', async () => {
    const client = watchedClient();
    const cutting = setInterval(() => {
      for (const socket of sockets) socket.destroy();
    }, 400);
    const { failed } = await storm(client, 3000).finally(() => clearInterval(cutting));
    await client.close();
    const unknown = /^2 AnswerLost: .* it is not known whether the change was made$/;
    expect(failed.filter((line) => !unknown.test(line))).toEqual([]);
    expect(made).toBeGreaterThan(1);
  });
});
