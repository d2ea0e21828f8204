import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyObjects } from '../../../src/kube/apply.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import { listAll } from '../../../src/kube/objects.ts';
import type { ApiClient, KubeObject } from '../../../src/kube/port.ts';
import { findType } from '../../../src/kube/types.ts';
import { watch } from '../../../src/kube/watch.ts';
import { readManifests } from '../../../src/kube/yaml.ts';
import { type ControlPlane, startControlPlane, startFurtherApiServer } from '../support/control-plane.ts';
import { freshNamespace, plane, withControlPlane } from '../support/plane.ts';
import { freePorts } from '../support/server.ts';

/** Bytes to and from etcd, until it is cut: what a control plane has whose own member of etcd is gone. */
async function cuttable(port: number) {
  const sockets = new Set<Socket>();
  let cut = false;
  const listening = createServer((socket) => {
    if (cut) return socket.destroy();
    const other = connect(port, '127.0.0.1');
    for (const each of [socket, other]) sockets.add(each.on('error', () => undefined));
    socket.pipe(other).pipe(socket);
    socket.on('close', () => other.destroy());
    other.on('close', () => socket.destroy());
    return undefined;
  });
  const [own = 0] = await freePorts(1);
  await new Promise<void>((done) => listening.listen(own, '127.0.0.1', done));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${own}`,
    cut: () => {
      cut = true;
      drop();
    },
    close: () => {
      drop();
      listening.close();
    },
  };
}

const configMap = (namespace: string, id: string, more: object) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { namespace, labels: { id }, ...more },
  data: { blob: 'x'.repeat(5000) },
});

withControlPlane('two API servers of one cluster', () => {
  let own: ControlPlane;
  let etcd: Awaited<ReturnType<typeof cuttable>>;
  let second: Awaited<ReturnType<typeof startFurtherApiServer>>;
  let told: string[];
  const clients: ApiClient[] = [];
  beforeAll(async () => {
    own = await startControlPlane(plane().binaries);
    etcd = await cuttable(Number(new URL(own.etcd).port));
    second = await startFurtherApiServer(plane().binaries, own, etcd.url);
  });
  afterAll(async () => {
    for (const client of clients) await client.close();
    await second?.stop('SIGKILL');
    etcd?.close();
    await own?.stop();
  });

  /** Begins with the first of the two. */
  function client(first: string, other: string): ApiClient {
    told = [];
    const made = createApiClient(
      { ...own.endpoint(), server: first, servers: [first, other] },
      { env: {}, warn: (text) => told.push(text), staggerMs: 30_000 },
    );
    clients.push(made);
    return made;
  }

  async function stored(namespace: string): Promise<KubeObject[]> {
    const quiet = createApiClient(own.endpoint(), { env: {} });
    clients.push(quiet);
    const type = findType(await quiet.discovery(), 'configmaps');
    const { items } = await listAll(quiet, type, { namespace });
    return items.filter(({ metadata }) => metadata.labels?.id !== undefined);
  }

  test('B34: the first is killed in the middle of 200 applies and a watch: all arrive, all are seen', async () => {
    const api = client(own.server, second.server);
    const namespace = await freshNamespace(api);
    const type = findType(await api.discovery(), 'configmaps');
    const stop = new AbortController();
    const seen = new Set<string>();
    const watching = (async () => {
      for await (const event of watch(api, type, { namespace, signal: stop.signal })) {
        const objects = event.type === 'LIST' ? event.items : [event.object];
        for (const { metadata } of objects) if (metadata.labels?.id) seen.add(metadata.labels.id);
        if (seen.size === 200) return;
      }
    })();
    const text = Array.from({ length: 200 }, (_, i) =>
      JSON.stringify(configMap(namespace, `a${i}`, { name: `a-${i}` })),
    ).join('\n');
    let done = 0;
    const results = await applyObjects(api, readManifests(text, 'many.json'), {
      onResult: () => {
        if (++done === 40) void own.stopApiServer('SIGKILL');
      },
    });
    expect(results.filter(({ outcome }) => outcome === 'failed').map(({ error }) => error?.message)).toEqual(
      [],
    );
    await watching;
    stop.abort();
    expect(seen.size).toBe(200);
    expect(told.filter((text) => text.endsWith(`; ${second.server} is used instead`)).length).toBeGreaterThan(
      0,
    );
    await own.startApiServer();
    expect(await stored(namespace)).toHaveLength(200);
  });

  test('the first is killed in the middle of 300 creations of generated names: no acknowledged one is lost, none is made twice', async () => {
    const api = client(own.server, second.server);
    const namespace = await freshNamespace(api);
    let done = 0;
    const post = async (id: string) => {
      try {
        const body = configMap(namespace, id, { generateName: 'g-' });
        await api.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body });
        if (++done === 60) void own.stopApiServer('SIGKILL');
        return { id, made: true };
      } catch (error) {
        return { id, made: false, code: (error as { code?: string }).code };
      }
    };
    const outcomes = await Promise.all(Array.from({ length: 300 }, (_, i) => post(`g${i}`)));
    await own.startApiServer();
    const ids = (await stored(namespace)).map(({ metadata }) => metadata.labels!.id!);
    expect(new Set(ids).size).toBe(ids.length);
    const acknowledged = outcomes.filter(({ made }) => made).map(({ id }) => id);
    expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([]);
    // What was under way is not sent again, and says so; everything after it went to the other one.
    const lost = outcomes.filter(({ made }) => !made);
    expect(lost.filter(({ code }) => code !== 'AnswerLost')).toEqual([]);
    expect(lost.length).toBeLessThanOrEqual(64);
    expect(acknowledged.length).toBeGreaterThan(200);
  });

  test('the first ends in good order (SIGTERM): every creation succeeds', async () => {
    const api = client(own.server, second.server);
    const namespace = await freshNamespace(api);
    let stopped: Promise<void> | undefined;
    for (let i = 0; i < 60; i++) {
      const body = configMap(namespace, `t${i}`, { generateName: 't-' });
      await api.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/configmaps`, body });
      if (i === 10) stopped = own.stopApiServer('SIGTERM');
    }
    await stopped;
    await api.request({ path: '/version' });
    await own.startApiServer();
    expect(await stored(namespace)).toHaveLength(60);
  });

  test('the first has lost its etcd: what is safe is done by the other one', async () => {
    const api = client(second.server, own.server);
    const namespace = await freshNamespace(api);
    etcd.cut();
    const text = Array.from({ length: 20 }, (_, i) =>
      JSON.stringify(configMap(namespace, `e${i}`, { name: `e-${i}` })),
    ).join('\n');
    const results = await applyObjects(api, readManifests(text, 'few.json'));
    expect(results.filter(({ outcome }) => outcome === 'failed').map(({ error }) => error?.message)).toEqual(
      [],
    );
    expect(await stored(namespace)).toHaveLength(20);
    expect(told.length).toBeGreaterThan(0);
  });
});
