import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startHost } from './cluster-hosts.ts';
import type { Laptop } from './laptop.ts';
import type { SimUser } from './private-files.ts';
import { type FaultyProxy, startProxy } from './proxy.ts';
import type { Sshd } from './sshd.ts';

/** Where a host is reached, through the proxy that counts what is sent to it. */
export type Places = Record<string, { address: string; port: number }>;

/** Hosts, each on an address of its own, and what this machine sends to each of them. */
export class Site implements AsyncDisposable {
  readonly sshds: Sshd[] = [];
  readonly proxies: FaultyProxy[] = [];
  readonly #network: string;

  /** `network`: the first three bytes of the hosts' addresses, 127.0.N; the last one counts from 41. */
  constructor(network = '127.0.0') {
    this.#network = network;
  }

  /** `key`: who may log in as root; nobody where it is empty. */
  async add(key: string, others: readonly SimUser[] = []): Promise<Sshd> {
    const sshd = await startHost(`${this.#network}.${41 + this.sshds.length}`, key, others);
    this.sshds.push(sshd);
    // Loopback is nobody's address otherwise.
    this.stub(
      sshd,
      'ip',
      `[ "$*" != '-o addr show' ] || echo '2: eth0 inet ${sshd.address}/24 scope global eth0'`,
    );
    this.proxies.push(await startProxy(sshd, { address: sshd.address }));
    return sshd;
  }

  /** A command of one host's own. */
  stub(sshd: Sshd, name: string, script: string): void {
    writeFileSync(join(sshd.root, 'usr/local/sbin', name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }

  /** A file system of its own, of so many kilobytes, over a folder of the host. */
  narrow(sshd: Sshd, folder: string, kilobytes: number): void {
    mkdirSync(join(sshd.root, folder), { recursive: true });
    const mount = ['mount', '-t', 'tmpfs', '-o', `size=${kilobytes}k`, 'tmpfs', folder];
    inside(sshd, ...mount);
  }

  widen(sshd: Sshd, folder: string): void {
    inside(sshd, 'umount', '--lazy', folder);
  }

  /** The laptop knows the hosts' keys then. `name`: of the host with this number, from 0. */
  places(laptop: Laptop, name: (index: number) => string): Places {
    const known = this.sshds.map((sshd, index) =>
      sshd.knownHost().replace(`:${sshd.port}`, `:${this.proxies[index]!.port}`),
    );
    laptop.write('.ssh/known_hosts', `${known.join('\n')}\n`);
    return Object.fromEntries(
      this.proxies.map(({ address, port }, index) => [name(index), { address, port }]),
    );
  }

  get sent(): number {
    return this.proxies.reduce((sum, { received }) => sum + received, 0);
  }

  /** What a share leaves where it has not ended. */
  get left(): string[] {
    return this.sshds.flatMap(({ root }) =>
      ['var/lib', 'run/systemd/system']
        .flatMap((folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []))
        .filter((name) => name.includes('share')),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const proxy of this.proxies) await proxy.stop();
    await Promise.all(this.sshds.map((sshd) => sshd.stop()));
  }
}

/** As the host sees its files and processes. */
function inside(sshd: Sshd, ...argv: string[]): void {
  execFileSync('nsenter', ['--target', String(sshd.pid), '--mount', '--pid', ...argv]);
}
