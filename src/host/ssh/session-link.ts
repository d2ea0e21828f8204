import type { Duplex } from 'node:stream';
import type { Channel } from '../connection.ts';

/** The server says no to one session more; MaxSessions counts them on each connection. */
export class SessionLimit extends Error {}

/** sshd's MaxSessions is 10; two are left for people. */
export const MAX_SESSIONS = 8;

/** One SSH connection that is logged in, whoever speaks the protocol: ssh2 here, or a master of the system's ssh. */
export interface SessionLink {
  /** Sessions open or being opened, and how many the server allows. */
  sessions: number;
  limit: number;
  readonly alive: boolean;
  /** Settles when it is gone, with the reason unless it was ended here. */
  readonly closed: Promise<Error | undefined>;
  /** Rejects with SessionLimit where the server opens no more, with a plain error where the connection is gone. */
  session(command: string, onEnd: () => void): Promise<Channel>;
  tunnel(host: string, port: number): Promise<Duplex>;
  end(): Promise<void>;
}

/** A link with what it runs through, closed together. */
export interface Route {
  link: SessionLink;
  address: string;
  /** Ends this link and the hops before it. */
  end(): Promise<void>;
}
