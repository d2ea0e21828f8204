import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { discover } from '../../../../src/cluster/discovery/discover.ts';
import { detachedSignature } from '../../../../src/cluster/discovery/jws.ts';
import type { JoinTicket } from '../../../../src/cluster/discovery/ticket.ts';
import { caCertHash } from '../../../../src/cluster/pki/hash.ts';
import { createApiClient } from '../../../../src/kube/client.ts';
import { silent } from '../../../../src/output/events.ts';
import { makeAuthority } from '../../../api/support/certificates.ts';
import { expectErrorLine } from '../../../golden/error-lines.ts';
import { fakeServer, json } from '../../kube/fake-server.ts';

const TOKEN = 'abcdef.0123456789abcdef';
const parts = { id: 'abcdef', secret: '0123456789abcdef' };

function kubeconfig(ca: string, server = 'https://10.0.0.1:6443'): string {
  const data = Buffer.from(ca).toString('base64');
  return `apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: ${data}\n    server: ${server}\n  name: ""\nkind: Config\n`;
}

type ClusterInfo = { status?: number; data?: Record<string, string>; location?: string };

/** A server with a certificate of its own CA, which says of the cluster what `info` says at the n-th question. */
async function serve(info: (ca: string, count: number) => ClusterInfo) {
  const server = await fakeServer((request, response, count) => {
    if (!request.path.endsWith('/configmaps/cluster-info')) return json(response, 200, { items: [] });
    const { status = 200, data, location } = info(server.endpoint.tls.ca as string, count);
    if (location) response.setHeader('location', location);
    const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'cluster-info' }, data };
    return json(
      response,
      status,
      status === 200 ? body : { kind: 'Status', status: 'Failure', code: status },
    );
  });
  onTestFinished(() => server.close());
  const address = new URL(server.endpoint.server).host;
  const pin = caCertHash(server.endpoint.tls.ca as string);
  return { ...server, address, pin };
}

function signed(text: string): ClusterInfo {
  return { data: { kubeconfig: text, 'jws-kubeconfig-abcdef': detachedSignature(text, parts) } };
}

function find(ticket: Partial<JoinTicket> & { server: string }) {
  return discover(
    { token: TOKEN, caCertHashes: [], unsafeSkipCaVerification: false, discoveryMs: 0, ...ticket },
    {
      apiClient: (endpoint) => {
        const client = createApiClient(endpoint, { env: {} });
        onTestFinished(() => client.close());
        return client;
      },
      tunnel: async (host, port) => {
        const socket = connect(port, host);
        await once(socket, 'connect');
        return socket;
      },
      host: 'w1',
      reporter: silent,
      signal: new AbortController().signal,
      waitMs: ticket.discoveryMs ?? 0,
    },
  );
}

describe('discovery by token', () => {
  it('sends the token to a server that is proven to be of the cluster, and not before', async () => {
    const server = await serve((ca) => signed(kubeconfig(ca)));
    const { info, api } = await find({ server: server.address, caCertHashes: [server.pin] });
    expect(info.server).toBe('https://10.0.0.1:6443');
    expect(server.received.map(({ headers }) => headers.authorization)).toEqual([undefined, undefined]);
    await api.request({ path: '/api/v1/nodes' });
    expect(server.received.at(-1)?.headers.authorization).toBe(`Bearer ${TOKEN}`);
  });

  it('trusts the CA that the token signs for where no pin is wanted', async () => {
    const server = await serve((ca) => signed(kubeconfig(ca)));
    await expect(find({ server: server.address })).rejects.toMatchObject({ code: 'CaCertHashMissing' });
    expect(server.received).toEqual([]);
    await find({ server: server.address, unsafeSkipCaVerification: true });
  });

  it('waits for the signature of a token that was made a moment ago', async () => {
    const server = await serve((ca, count) =>
      count === 1 ? { data: { kubeconfig: kubeconfig(ca) } } : signed(kubeconfig(ca)),
    );
    await find({ server: server.address, caCertHashes: [server.pin], discoveryMs: 10_000 });
    expect(server.received).toHaveLength(3);
  });
});

/** What a server may say that is not the cluster, or not one that can be joined. */
const hostile: [name: string, code: string, info: (ca: string, count: number) => ClusterInfo][] = [
  ['has no signature for the token', 'TokenUnknown', (ca) => ({ data: { kubeconfig: kubeconfig(ca) } })],
  [
    'signs with another secret',
    'ClusterInfoNotSigned',
    (ca) => {
      const text = kubeconfig(ca);
      const signature = detachedSignature(text, { id: 'abcdef', secret: '0123456789abcdee' });
      return { data: { kubeconfig: text, 'jws-kubeconfig-abcdef': signature } };
    },
  ],
  [
    'shows the signature of another kubeconfig',
    'ClusterInfoNotSigned',
    (ca) => ({
      data: { ...signed(kubeconfig(ca)).data, kubeconfig: kubeconfig(ca, 'https://10.0.0.2:6443') },
    }),
  ],
  [
    'has another kubeconfig the second time',
    'ServerNotTheCluster',
    (ca, count) => signed(kubeconfig(ca, `https://10.0.0.${count}:6443`)),
  ],
  ['signs what is no kubeconfig', 'NoClusterInfo', () => signed('hello')],
  ['has an empty cluster-info', 'NoClusterInfo', () => ({ data: {} })],
  ['has no cluster-info', 'NoClusterInfo', () => ({ status: 404 })],
  ['shows cluster-info to nobody', 'NoClusterInfo', () => ({ status: 403 })],
  ['wants a login first', 'NoClusterInfo', () => ({ status: 401 })],
  [
    'says 10 MB that nobody asked for',
    'ClusterInfoNotSigned',
    (ca) => ({ data: { ...signed(kubeconfig(ca)).data, kubeconfig: 'x'.repeat(10e6) } }),
  ],
];

const GOLDEN: Record<string, string> = { TokenUnknown: 'B35', ClusterInfoNotSigned: 'B37' };

describe('the token is never sent to a server that', () => {
  const expectNothingLeft = (server: Awaited<ReturnType<typeof serve>>) => {
    expect(server.received.length).toBeGreaterThan(0);
    for (const request of server.received) {
      expect(request.headers).not.toHaveProperty('authorization');
      expect(JSON.stringify(request)).not.toContain(parts.secret);
    }
  };

  it.each(hostile)('B37: a server that %s', async (_, code, info) => {
    const server = await serve(info);
    const failed = await find({ server: server.address, caCertHashes: [server.pin] }).catch((error) => error);
    expect(failed).toMatchObject({ code });
    if (GOLDEN[code]) await expectErrorLine(GOLDEN[code], failed, [[server.address, 'ADDRESS']]);
    expect(`${failed.message} ${failed.hint}`).not.toContain(parts.secret);
    expectNothingLeft(server);
  });

  it('B36: knows the token but has another CA than the pinned one', async () => {
    const server = await serve((ca) => signed(kubeconfig(ca)));
    const caCertHashes = [caCertHash((await makeAuthority('wanted')).cert)];
    const error = await find({ server: server.address, caCertHashes }).catch((thrown) => thrown);
    const pins = [
      [server.pin, 'sha256:SERVED'],
      [caCertHashes[0]!, 'sha256:PINNED'],
    ] as const;
    await expectErrorLine('B36', error, [[server.address, 'ADDRESS'], ...pins]);
    expectNothingLeft(server);
  });

  it("B37: passes the true cluster's words on, but has a certificate of its own", async () => {
    const { cert } = await makeAuthority('the-cluster');
    const server = await serve(() => signed(kubeconfig(cert)));
    const pinned = find({ server: server.address, caCertHashes: [caCertHash(cert)] });
    await expect(pinned).rejects.toMatchObject({ code: 'ServerNotTheCluster' });
    const unpinned = find({ server: server.address, unsafeSkipCaVerification: true });
    await expect(unpinned).rejects.toMatchObject({ code: 'ServerNotTheCluster' });
    expectNothingLeft(server);
  });

  it('B37: knows the token, and puts its own CA beside the pinned one', async () => {
    const { cert } = await makeAuthority('the-cluster');
    const server = await serve((ca) => signed(kubeconfig(cert + ca)));
    const found = find({ server: server.address, caCertHashes: [caCertHash(cert)] });
    await expect(found).rejects.toMatchObject({ code: 'ServerNotTheCluster' });
    expectNothingLeft(server);
  });

  it('B37: sends us elsewhere: nobody goes there', async () => {
    const elsewhere = await serve((ca) => signed(kubeconfig(ca)));
    const location = `${elsewhere.endpoint.server}/api/v1/namespaces/kube-public/configmaps/cluster-info`;
    const server = await serve(() => ({ status: 302, location }));
    const found = find({ server: server.address, caCertHashes: [elsewhere.pin] });
    await expect(found).rejects.toMatchObject({ exit: expect.any(Number) });
    expect(elsewhere.received).toEqual([]);
    expectNothingLeft(server);
  });

  it('B37: is not there, or speaks no TLS', async () => {
    const received: Buffer[] = [];
    const plain = createServer((socket) => {
      socket.on('data', (data) => received.push(data)).on('error', () => undefined);
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    await new Promise<void>((done) => plain.listen(0, '127.0.0.1', done));
    const server = `127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const caCertHashes = [`sha256:${'0'.repeat(64)}`];
    await expect(find({ server, caCertHashes })).rejects.toMatchObject({ exit: 24 });
    expect(Buffer.concat(received).toString('latin1')).not.toContain(parts.secret);
    await new Promise((done) => plain.close(done));
    await expect(find({ server, caCertHashes })).rejects.toMatchObject({
      code: 'ConnectionRefused',
      exit: 24,
    });
  });
});
