import { Agent, type AgentOptions, type ClientRequest, request as send } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Limiter } from './limiter.ts';
import { answerIncomplete, type Wire, type WireAnswer, type WireRequest } from './wire.ts';

const CONNECTIONS = 16;
const OPTIONS: AgentOptions = { keepAlive: true, maxSockets: CONNECTIONS, maxFreeSockets: CONNECTIONS };

/** Several connections, for servers and proxies that speak HTTP/1.1 only. `first` is one that stands already. */
export class Http1Wire implements Wire {
  usable = true;
  readonly #agent: SocketAgent;
  readonly #host: string;
  /** The agent's own limit does not count connections that are still being made. */
  readonly #places = new Limiter(CONNECTIONS, CONNECTIONS);

  constructor(server: string, first: Socket, open: () => Promise<Socket>) {
    this.#host = new URL(server).host;
    this.#agent = new SocketAgent(first, open);
  }

  async request(request: WireRequest): Promise<WireAnswer> {
    await this.#places.acquire(request.signal);
    const release = () => this.#places.release('ok');
    let sent: ClientRequest;
    try {
      sent = this.#begin(request);
    } catch (error) {
      release();
      throw error;
    }
    // By then the agent has its socket back, or has lost it.
    sent.once('close', release);
    return answerOf(sent, request);
  }

  destroy(): void {
    this.usable = false;
    this.#agent.destroy();
  }

  #begin({ method, path, headers, body, signal }: WireRequest): ClientRequest {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const all = { ...headers, ...length, host: this.#host };
    return send({ agent: this.#agent, method, path, headers: all, signal });
  }
}

function answerOf(sent: ClientRequest, { body, signal }: WireRequest): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    sent.once('response', (incoming) =>
      resolve({ statusCode: incoming.statusCode ?? 0, headers: incoming.headers, body: incoming }),
    );
    sent.on('error', (error: Error & { opening?: boolean }) =>
      reject(signal?.aborted ? signal.reason : error.opening ? error.cause : answerIncomplete(error)),
    );
    sent.end(body);
  });
}

class SocketAgent extends Agent {
  readonly #all = new Set<Duplex>();
  readonly #open: () => Promise<Socket>;
  #first: Socket | undefined;
  #destroyed = false;

  constructor(first: Socket, open: () => Promise<Socket>) {
    super(OPTIONS);
    this.#first = first;
    this.#open = open;
    this.#keep(first);
  }

  override createConnection(
    _options: unknown,
    done?: (error: Error | null, socket: Duplex) => void,
  ): undefined {
    const first = this.#first;
    this.#first = undefined;
    const socket = first && !first.destroyed ? Promise.resolve(first) : this.#open();
    socket.then(
      (connected) => done?.(null, this.#keep(connected)),
      (cause) =>
        done?.(
          Object.assign(new Error('no connection', { cause }), { opening: true }),
          undefined as unknown as Duplex,
        ),
    );
    return undefined;
  }

  /** A tunnel's stream without TLS lacks what keeping it asks of a socket. */
  override keepSocketAlive(socket: Duplex): boolean {
    return socket instanceof Socket && (super.keepSocketAlive(socket) as unknown as boolean);
  }

  override destroy(): void {
    this.#destroyed = true;
    for (const socket of this.#all) socket.destroy();
    super.destroy();
  }

  #keep<T extends Duplex>(socket: T): T {
    this.#all.add(socket);
    socket.once('close', () => this.#all.delete(socket));
    socket.on('error', () => undefined);
    if (this.#destroyed) socket.destroy();
    return socket;
  }
}
