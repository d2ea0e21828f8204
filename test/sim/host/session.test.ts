import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Host, Operation } from '../../../src/host/port.ts';
import { type HostOptions, openHost } from '../../../src/host/session.ts';
import { connectSsh, type SshOptions } from '../../../src/host/ssh/connect.ts';
import { type Laptop, makeLaptop } from '../support/laptop.ts';
import { startProxy } from '../support/proxy.ts';
import { type Sshd, startSshd } from '../support/sshd.ts';
import { describeSim } from '../support/tier.ts';

/** The applier through a real sshd and a real sudo, in the private root of that sshd. */
describeSim('a session', () => {
  let laptop: Laptop;
  let sshd: Sshd;

  beforeAll(async () => {
    laptop = makeLaptop();
    const keys = { authorizedKeys: [laptop.key()] };
    sshd = await startSshd({
      users: [
        { name: 'root', uid: 0, ...keys },
        { name: 'free', uid: 1501, ...keys, sudo: 'ALL=(ALL) NOPASSWD: ALL', bashrc: 'echo hi; printf motd' },
        { name: 'asks', uid: 1502, ...keys, sudo: 'ALL=(ALL) ALL', password: 'se cret' },
        { name: 'outsider', uid: 1503, ...keys, password: 'se cret' },
        { name: 'tty', uid: 1504, ...keys, sudo: 'ALL=(ALL) NOPASSWD: ALL\nDefaults:tty requiretty' },
        { name: 'pty', uid: 1505, ...keys, sudo: 'ALL=(ALL) NOPASSWD: ALL\nDefaults:pty use_pty' },
        { name: 'some', uid: 1506, ...keys, sudo: 'ALL=(ALL) NOPASSWD: /bin/true', password: 'se cret' },
      ],
    });
    laptop.write('.ssh/known_hosts', `${sshd.knownHost()}\n`);
  });
  afterAll(async () => {
    await sshd?.stop();
    await laptop?.clean();
  });

  async function withHost<T>(
    user: string,
    work: (host: Host) => Promise<T>,
    options: HostOptions = {},
    at = sshd as { address: string; port: number },
    ssh: Partial<SshOptions> = {},
  ): Promise<T> {
    const connect = () =>
      connectSsh(`${user}@${at.address}:${at.port}`, laptop.options({ acceptNewHostKeys: true, ...ssh }));
    const host = await openHost('h1', connect, { prefix: sshd.root, ...options });
    try {
      return await work(host);
    } finally {
      await host.close();
    }
  }
  const write = (path: string, content: string | Buffer): Operation => ({
    kind: 'write',
    id: `w${path}`,
    path,
    content,
    mode: 0o600,
  });
  const inside = (path: string) => join(sshd.root, path);

  it.each(['root', 'free', 'pty'])('changes files as root when the login is %s', async (user) => {
    const bytes = randomBytes(100_000);
    await withHost(user, async (host) => {
      await host.apply([write(`/etc/${user}`, bytes)]);
      const [state, facts] = await host.inspect([
        { kind: 'file', path: `/etc/${user}`, content: true },
        { kind: 'facts' },
      ]);
      expect(state).toMatchObject({ uid: 0, gid: 0, mode: 0o600, content: bytes });
      expect(facts.uid).toBe(0);
    });
  });

  it('gives sudo the password that it wants, once', async () => {
    let asked = 0;
    const sudoPassword = async () => {
      asked++;
      return 'se cret';
    };
    await withHost(
      'asks',
      async (host) => {
        await host.apply([write('/etc/asked', 'x')]);
        await host.apply([write('/etc/asked2', 'x')], { lane: 'bulk' });
      },
      { sudoPassword },
    );
    expect(asked).toBe(1);
    expect(existsSync(inside('etc/asked2'))).toBe(true);
  });

  it.each([
    ['asks', undefined, 'SudoPasswordRequired'],
    ['asks', 'wrong', 'SudoWrongPassword'],
    ['outsider', 'se cret', 'SudoNotAllowed'],
    ['some', 'se cret', 'SudoNotAllowed'],
    ['tty', 'se cret', 'SudoRequiresTty'],
  ])('B15: changes nothing when sudo refuses %s (%s): %s', async (user, password, code) => {
    const path = `/etc/refused-${code}`;
    const attempt = withHost(user, (host) => host.apply([write(path, 'x')]), {
      sudoPassword: async () => password,
    });
    await expect(attempt).rejects.toMatchObject({ code, exit: 15 });
    expect(existsSync(inside(path))).toBe(false);
  });

  it.each(['reset', 'silent'] as const)(
    'B05, B06: goes on by itself after a connection that was lost in the middle (%s)',
    async (how) => {
      const content = randomBytes(6_000_000);
      const sha256 = createHash('sha256').update(content).digest('hex');
      const proxy = await startProxy(sshd);
      let opened = 0;
      async function* bytes() {
        const first = opened++ === 0;
        yield content.subarray(0, 3_000_000);
        if (first) await breakIt();
        yield content.subarray(3_000_000);
      }
      const breakIt = async () => {
        if (how === 'reset') return proxy.resetAll();
        // Longer than the keepalive needs to notice.
        proxy.faults.stalled = true;
        setTimeout(() => Object.assign(proxy.faults, { stalled: false }), 3000);
      };
      const upload: Operation = {
        kind: 'upload',
        id: 'u',
        path: `/opt/${how}`,
        mode: 0o755,
        artifact: { sha256, size: content.length, open: () => Readable.from(bytes()) },
      };
      const command: Operation = {
        kind: 'run',
        id: `r-${how}`,
        argv: ['sh', '-c', `echo x >> ${inside(`${how}.runs`)}`],
      };
      try {
        await withHost('root', (host) => host.apply([command, upload, write('/opt/after', how)]), {}, proxy, {
          keepaliveMs: 300,
        });
      } finally {
        await proxy.stop();
      }
      expect(readFileSync(inside(`opt/${how}`)).equals(content)).toBe(true);
      expect(readFileSync(inside(`${how}.runs`), 'utf8')).toBe('x\n');
      expect(readdirSync(inside('opt')).filter((name) => name.startsWith('.'))).toEqual([]);
    },
  );

  it('needs four round trips for a first look and a second one', async () => {
    await withHost('root', async (host) => {
      await host.inspect([{ kind: 'facts' }, { kind: 'journal' }]);
      await host.inspect([{ kind: 'facts' }, { kind: 'journal' }]);
      expect(host.roundTrips).toBe(4);
    });
  });
});
