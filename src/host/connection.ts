import type { Duplex, Readable, Writable } from 'node:stream';

/** What an adapter (ssh2, local, later the system's ssh) has to give; src/host/session.ts makes a Host of it. */
export interface Connection {
  readonly address: string;
  /** The login name on the other side: sudo is used where it is not root. */
  readonly user: string;
  /** Starts one command line, already quoted, in the login user's shell. Never with a terminal. */
  exec(command: string): Promise<Channel>;
  /** A byte stream to a TCP address as the other side sees it (SSH direct-tcpip). */
  tunnel(host: string, port: number): Promise<Duplex>;
  /** Settles, never rejects, when the connection is gone, with the reason where there is one. */
  readonly closed: Promise<Error | undefined>;
  close(): Promise<void>;
  /** For tests: `reset` cuts the transport at once, `blackhole` lets nothing through any more in either direction. */
  fault?(kind: 'reset' | 'blackhole'): void;
}

export interface Channel {
  stdin: Writable;
  stdout: Readable;
  stderr: Readable;
  /** Settles when the command ended and its output was read; rejects when the connection went away. */
  exit: Promise<{ code: number | null; signal?: string }>;
  kill(): void;
}
