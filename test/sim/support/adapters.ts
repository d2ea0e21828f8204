import { join } from 'node:path';
import type { Connection } from '../../../src/host/connection.ts';
import { connectOpenSsh } from '../../../src/host/openssh/connect.ts';
import { connectSsh, type SshOptions } from '../../../src/host/ssh/connect.ts';
import type { Laptop } from './laptop.ts';

/** One of the two that speak SSH: the same tests hold for both. */
export interface Adapter {
  name: string;
  connect(target: string, options: SshOptions): Promise<Connection>;
  /** The name of the signal that ended a command: OpenSSH's multiplexing drops it. */
  seesSignals: boolean;
  /** How often a race is tried: each command is a process there. */
  rounds: number;
  /** ssh takes `~` from passwd, not from HOME: its configuration names the laptop's files in full. */
  configure(laptop: Laptop): void;
}

export const PROGRAMS = join(import.meta.dirname, '../../../templates/ssh');

export const adapters: readonly Adapter[] = [
  { name: 'ssh2', connect: connectSsh, seesSignals: true, rounds: 60, configure: () => undefined },
  {
    name: "the system's ssh",
    connect: (target, options) => connectOpenSsh(target, options, PROGRAMS),
    seesSignals: false,
    rounds: 4,
    configure: (laptop) => {
      const file = (name: string) => join(laptop.home, '.ssh', name);
      const lines = [
        `IdentityFile ${file('id_ed25519')}`,
        `UserKnownHostsFile ${file('known_hosts')}`,
        'GlobalKnownHostsFile none',
        'KexAlgorithms -sntrup*',
      ];
      laptop.write('.ssh/config', `${lines.join('\n')}\n`);
    },
  },
];
