import { createServer, connect as dial, type Socket } from 'node:net';

export interface ProxyFaults {
  /** Both directions stand still: bytes are taken from neither side. What a dropped network looks like. */
  stalled: boolean;
  /** Milliseconds before bytes are passed on, each way. */
  latencyMs: number;
  /** Share of the chunks that are lost once: TCP hides that, and they come a retransmission later. */
  loss: number;
  /** Ends the connection, with a reset, after so many bytes from the client. */
  resetAfter: number;
  /** Passes so many bytes from the client, then swallows the rest in silence. */
  truncateAfter: number;
  /** One bit of the byte after so many from the client comes out as the other one. */
  flipAfter: number;
  /** How many bytes a second are passed on, each way. */
  bytesPerSecond: number;
}

export interface FaultyProxy {
  address: string;
  port: number;
  faults: ProxyFaults;
  /** Bytes from clients so far, over all connections. */
  received: number;
  connections: number;
  /** RST on every connection that is open. */
  resetAll(): void;
  /** FIN on every connection that is open, without reading what is left. */
  dropAll(): void;
  stop(): Promise<void>;
}

/** Linux waits at least this long for an acknowledgement (TCP_RTO_MIN). */
const RETRANSMIT_MS = 200;

/** A TCP proxy on loopback that misbehaves on demand; faults may be changed at any time. */
export async function startProxy(
  to: { address: string; port: number },
  { address = '127.0.0.9', port = 0 } = {},
): Promise<FaultyProxy> {
  const pairs = new Set<[Socket, Socket]>();
  const server = createServer({ pauseOnConnect: true });
  const proxy: FaultyProxy = {
    address,
    port: 0,
    faults: {
      stalled: false,
      latencyMs: 0,
      loss: 0,
      resetAfter: Infinity,
      truncateAfter: Infinity,
      flipAfter: Infinity,
      bytesPerSecond: Infinity,
    },
    received: 0,
    connections: 0,
    resetAll: () => {
      for (const sockets of pairs) for (const socket of sockets) socket.resetAndDestroy();
    },
    dropAll: () => {
      for (const sockets of pairs) for (const socket of sockets) socket.destroy();
    },
    stop: async () => {
      proxy.resetAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connection', (client) => {
    proxy.connections++;
    const upstream = dial({ host: to.address, port: to.port, noDelay: true });
    client.setNoDelay(true);
    const pair: [Socket, Socket] = [client, upstream];
    pairs.add(pair);
    forward(client, upstream, proxy, true);
    forward(upstream, client, proxy, false);
    client.once('close', () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  proxy.port = (server.address() as { port: number }).port;
  return proxy;
}

function forward(from: Socket, to: Socket, proxy: FaultyProxy, upwards: boolean): void {
  const { faults } = proxy;
  const later = (act: () => void, took = 0) => {
    const late = faults.latencyMs + (Math.random() < faults.loss ? RETRANSMIT_MS : 0) + took;
    if (late > 0) setTimeout(act, late);
    else act();
  };
  const stillStalled = (chunk: Buffer) => {
    if (from.destroyed) return;
    if (faults.stalled) setTimeout(stillStalled, 50, chunk);
    else pass(chunk);
  };
  const pass = (chunk: Buffer) => {
    const before = proxy.received;
    if (upwards) proxy.received += chunk.length;
    const room = upwards ? Math.min(faults.resetAfter, faults.truncateAfter) - before : Infinity;
    const rest = chunk.length <= room ? chunk : chunk.subarray(0, Math.max(0, room));
    const flipped = upwards ? faults.flipAfter - before : Infinity;
    if (flipped >= 0 && flipped < rest.length) {
      rest[flipped]! ^= 1;
      faults.flipAfter = Infinity;
    }
    later(
      () => {
        if (rest.length > 0 && to.writable && !to.write(rest)) to.once('drain', () => from.resume());
        else from.resume();
        if (upwards && proxy.received > faults.resetAfter) proxy.resetAll();
      },
      (chunk.length / faults.bytesPerSecond) * 1000,
    );
  };
  from.on('data', (chunk: Buffer) => {
    from.pause();
    stillStalled(chunk);
  });
  // A stalled network delivers no FIN either.
  from.on('end', () => later(() => !faults.stalled && to.end()));
  from.on('error', () => to.destroy());
  from.on('close', () => !faults.stalled && later(() => to.destroy()));
  from.resume();
}
