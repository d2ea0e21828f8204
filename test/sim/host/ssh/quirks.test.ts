import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Blob, Host, Operation } from '../../../../src/host/port.ts';
import { openHost } from '../../../../src/host/session.ts';
import { connectSsh } from '../../../../src/host/ssh/connect.ts';
import { expectErrorLine } from '../../../golden/error-lines.ts';
import { type Laptop, makeLaptop } from '../../support/laptop.ts';
import { type FaultyProxy, startProxy } from '../../support/proxy.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

/** Login shells of this machine that are not sh; /bin/sh and bash are what other tests log in with. */
const SHELLS = ['dash', 'fish', 'zsh', 'tcsh', 'ksh'].flatMap((name) => {
  const path = join('/usr/bin', name);
  return existsSync(path) ? [[name, path] as const] : [];
});

const write = (path: string, content: string): Operation => ({
  kind: 'write',
  id: `w${path}`,
  path,
  content,
  mode: 0o600,
});
const blobOf = (content: Buffer): Blob => ({
  sha256: createHash('sha256').update(content).digest('hex'),
  size: content.length,
  open: () =>
    Readable.from([content.subarray(0, content.length >> 1), content.subarray(content.length >> 1)]),
});

describeSim('a server with quirks', () => {
  let laptop: Laptop;
  let sshd: Sshd;
  let other: Sshd;
  let proxy: FaultyProxy | undefined;
  const opened: Host[] = [];

  beforeAll(async () => {
    laptop = makeLaptop();
    const authorizedKeys = [laptop.key()];
    const users = [{ name: 'root', uid: 0, authorizedKeys }];
    sshd = await startSshd({ address: '127.0.0.51', users });
    other = await startSshd({ address: '127.0.0.52', users });
  });
  afterEach(async () => {
    for (const host of opened.splice(0)) await host.close();
    await proxy?.stop();
    proxy = undefined;
  });
  afterAll(async () => {
    await sshd?.stop();
    await other?.stop();
    await laptop?.clean();
  });

  async function open(at: { address: string; port: number }, prefix = sshd.root): Promise<Host> {
    const address = at.address.includes(':') ? `[${at.address}]` : at.address;
    const options = laptop.options({ acceptNewHostKeys: true });
    const host = await openHost('h1', () => connectSsh(`root@${address}:${at.port}`, options), { prefix });
    opened.push(host);
    return host;
  }
  const inside = (path: string) => join(sshd.root, path);
  const text = (path: string) => readFileSync(inside(path), 'utf8');

  it('B16: a host key that is another one when the connection is made again is refused, and nothing is sent there', async () => {
    const to = { address: sshd.address, port: sshd.port };
    proxy = await startProxy(to);
    const host = await open(proxy);
    await host.apply([write('/etc/first', 'x')]);
    Object.assign(to, { address: other.address, port: other.port });
    const before = other.log();
    proxy.resetAll();
    const error = await host.apply([write('/etc/second', 'x')]).catch((thrown) => thrown);
    const [recorded, shown] = [sshd, other].map((server) => fingerprint(server.hostKey()));
    await expectErrorLine('B16', error, [
      [recorded!, 'SHA256:RECORDED'],
      [shown!, 'SHA256:SHOWN'],
      [laptop.home, 'HOME'],
      [`:${proxy.port}`, ':PORT'],
    ]);
    expect(existsSync(inside('etc/second'))).toBe(false);
    expect(existsSync(join(other.root, 'etc'))).toBe(false);
    expect(other.log().slice(before.length)).not.toContain('Accepted');
  });

  it('B03: a command that died with its login is not taken for done, and not run twice', async () => {
    const host = await open(sshd);
    const runs = inside('runs');
    const script = `echo begun >>'${runs}'; sleep 60; echo ended >>'${runs}'`;
    const run = host.apply([{ kind: 'run', id: 'p/run/1', argv: ['sh', '-c', script] }]);
    const failed = expect(run).rejects.toMatchObject({
      code: 'ConnectionLost',
      exit: 21,
      step: 'p/run/1',
      message: expect.stringContaining('whether it ended is not known'),
    });
    await expect.poll(() => existsSync(runs)).toBe(true);
    for (const pid of sshd.sessionPids().toReversed()) process.kill(pid, 'SIGKILL');
    await failed;
    expect(text('runs')).toBe('begun\n');
    await host.apply([write('/etc/after', 'x')]);
    expect(text('etc/after')).toBe('x');
  });

  it('B17: IPv6, and no SFTP: nothing of it is needed', async () => {
    const six = await startSshd({
      address: '::1',
      users: [{ name: 'root', uid: 0, authorizedKeys: [laptop.read('.ssh/id_ed25519.pub').trim()] }],
    });
    try {
      expect(readFileSync(join(six.root, 'sshd_config'), 'utf8')).not.toMatch(/subsystem/i);
      const host = await open(six, six.root);
      const content = randomBytes(300_000);
      await host.apply([
        { kind: 'upload', id: 'u', path: '/opt/big', mode: 0o644, artifact: blobOf(content) },
      ]);
      expect(readFileSync(join(six.root, 'opt/big')).equals(content)).toBe(true);
      expect(host.address).toBe('::1');
    } finally {
      for (const host of opened.splice(0)) await host.close();
      await six.stop();
    }
  });

  it('B17: a /tmp that runs nothing (noexec) is not used', async () => {
    const enter = (...argv: string[]) =>
      execFileSync('nsenter', ['--target', String(sshd.pid), '--mount', '--pid', ...argv], { stdio: 'pipe' });
    enter('sh', '-c', 'mount --bind /tmp /tmp && mount -o remount,bind,noexec /tmp');
    try {
      const program = inside('program');
      execFileSync('sh', ['-c', `printf '#!/bin/sh\\n' >'${program}'; chmod 755 '${program}'`]);
      expect(() => enter(program)).toThrow(/denied/);
      const host = await open(sshd);
      await host.apply([write('/etc/noexec', 'x'), { kind: 'run', id: 'r', argv: ['true'], stdin: 'x' }]);
      expect(text('etc/noexec')).toBe('x');
    } finally {
      enter('umount', '--lazy', '/tmp');
    }
  });

  it.each(SHELLS)('B17: the login shell is %s', async (name, shell) => {
    const users = [
      { name: 'root', uid: 0, shell, authorizedKeys: [laptop.read('.ssh/id_ed25519.pub').trim()] },
    ];
    const server = await startSshd({ address: '127.0.0.53', users });
    try {
      const host = await open(server, server.root);
      await host.apply([write('/etc/shell', name)]);
      expect(readFileSync(join(server.root, 'etc/shell'), 'utf8')).toBe(name);
    } finally {
      for (const host of opened.splice(0)) await host.close();
      await server.stop();
    }
  });

  it('B56: a bit that flips on its way ends the connection; the artifact that arrives is the right one', async () => {
    proxy = await startProxy(sshd);
    const host = await open(proxy);
    await host.inspect([{ kind: 'list', path: '/etc' }]);
    proxy.faults.flipAfter = proxy.received + 500_000;
    const content = randomBytes(2_000_000);
    await host.apply([
      { kind: 'upload', id: 'u', path: '/opt/flip', mode: 0o644, artifact: blobOf(content) },
    ]);
    expect(proxy.connections).toBe(2);
    expect(readFileSync(inside('opt/flip')).equals(content)).toBe(true);
  });

  it('B58: a way of 300 ms and 64 kB/s, and a host that runs a twentieth of the time, are only slow', async () => {
    proxy = await startProxy(sshd);
    Object.assign(proxy.faults, { latencyMs: 150, bytesPerSecond: 64_000 });
    const host = await open(proxy);
    const content = randomBytes(100_000);
    const shown: number[] = [];
    const turns = takeTurns(() => sshd.sessionPids());
    try {
      const artifact = blobOf(content);
      const upload: Operation = { kind: 'upload', id: 'u', path: '/opt/slow', mode: 0o644, artifact };
      await host.apply([upload], { onProgress: (sent, total) => shown.push(sent / total) });
    } finally {
      turns.end();
    }
    expect(readFileSync(inside('opt/slow')).equals(content)).toBe(true);
    expect(proxy.connections).toBe(1);
    expect([shown.length, shown.at(-1)]).toEqual([2, 1]);
  });
});

/** Processes run 10 of 200 ms. */
function takeTurns(pids: () => number[]): { end(): void } {
  const signal = (name: NodeJS.Signals) => {
    for (const pid of pids()) {
      try {
        process.kill(pid, name);
      } catch {
        // It has ended by itself.
      }
    }
  };
  let ended = false;
  const timer = setInterval(() => {
    signal('SIGCONT');
    setTimeout(() => ended || signal('SIGSTOP'), 10);
  }, 200);
  return {
    end: () => {
      ended = true;
      clearInterval(timer);
      signal('SIGCONT');
    },
  };
}

function fingerprint(key: string): string {
  const digest = createHash('sha256')
    .update(Buffer.from(key.split(' ')[1]!, 'base64'))
    .digest('base64');
  return `SHA256:${digest.replace(/=+$/, '')}`;
}
