import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to the host that can be held up, cut and closed: what a bad network does, when the test wants it. */
export interface Detour {
  port: number;
  /** `action` is called once, when this many bytes went to the host on one connection. */
  after(bytes: number, action: () => void): void;
  /** Nothing goes through any more, and nobody is told, until `release`. */
  hold(): void;
  release(): void;
  /** Every connection ends as with a reset. */
  cut(): void;
  /** New connections are refused until `open`. */
  close(): Promise<void>;
  open(): Promise<void>;
  connections: number;
}

export async function startDetour(host: string, port: number): Promise<Detour> {
  const pairs = new Set<[Socket, Socket]>();
  let planned: { bytes: number; action: () => void } | undefined;
  let held = false;
  const each = (work: (socket: Socket) => void) => {
    for (const pair of pairs) pair.forEach(work);
  };
  const accept = (near: Socket) => {
    const far = connect(port, host);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    detour.connections++;
    let sent = 0;
    near.on('data', (bytes: Buffer) => {
      sent += bytes.length;
      far.write(bytes);
      if (!planned || sent < planned.bytes) return;
      const { action } = planned;
      planned = undefined;
      action();
    });
    far.on('data', (bytes: Buffer) => near.write(bytes));
    for (const [one, other] of [pair, pair.toReversed() as [Socket, Socket]]) {
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
      if (held) one.pause();
    }
  };
  let server: Server = createServer(accept);
  const listen = (at: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(at, '127.0.0.1', resolve);
    });
  const detour: Detour = {
    port: 0,
    connections: 0,
    after: (bytes, action) => {
      planned = { bytes, action };
    },
    hold: () => {
      held = true;
      each((socket) => socket.pause());
    },
    release: () => {
      held = false;
      each((socket) => socket.resume());
    },
    cut: () => each((socket) => socket.resetAndDestroy()),
    close: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      detour.cut();
      return closed;
    },
    open: () => {
      server = createServer(accept);
      return listen(detour.port);
    },
  };
  await listen(0);
  const address = server.address();
  detour.port = typeof address === 'object' && address ? address.port : 0;
  return detour;
}
