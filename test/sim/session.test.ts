import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Blob, Host } from '../../src/host/port.ts';
import { type HostOptions, openHost } from '../../src/host/session.ts';
import { connectSsh, type SshOptions } from '../../src/host/ssh/connect.ts';
import { type Laptop, makeLaptop } from './support/laptop.ts';
import { type FaultyProxy, startProxy } from './support/proxy.ts';
import { type Sshd, startSshd } from './support/sshd.ts';
import { describeSim } from './support/tier.ts';

const blob = (size: number): Blob => {
  const content = Buffer.alloc(size, 'kubewright ');
  return {
    sha256: createHash('sha256').update(content).digest('hex'),
    size,
    open: () => Readable.from([content.subarray(0, size / 2), content.subarray(size / 2)]),
  };
};

describeSim('a host over SSH', () => {
  let laptop: Laptop;
  let sshd: Sshd;
  let proxy: FaultyProxy | undefined;
  let host: Host | undefined;

  beforeEach(async () => {
    laptop = makeLaptop();
    const authorizedKeys = [laptop.key()];
    sshd = await startSshd({
      config: ['MaxSessions 1'],
      users: [
        { name: 'root', uid: 0, authorizedKeys },
        {
          name: 'free',
          uid: 1500,
          authorizedKeys,
          sudo: 'ALL=(ALL) NOPASSWD: ALL',
          bashrc: 'echo NOISE; echo noise >&2\n',
        },
        { name: 'asked', uid: 1501, authorizedKeys, sudo: 'ALL=(ALL) ALL', password: 'correct horse' },
        { name: 'denied', uid: 1502, authorizedKeys, password: 'correct horse' },
      ],
    });
    mkdirSync(join(sshd.root, 'etc/systemd/system'), { recursive: true });
  });
  afterEach(async () => {
    await host?.close();
    await proxy?.stop();
    await sshd.stop();
    await laptop.clean();
    proxy = host = undefined;
  });

  const open = async (
    user: string,
    more: HostOptions = {},
    options: Partial<SshOptions> = {},
  ): Promise<Host> => {
    const { address, port } = proxy ?? sshd;
    const connect = () =>
      connectSsh(`${user}@${address}:${port}`, laptop.options({ acceptNewHostKeys: true, ...options }));
    host = await openHost('node1', connect, { prefix: sshd.root, ...more });
    return host;
  };
  const path = (inside: string): string => join(sshd.root, inside);

  it.each([
    ['root', undefined],
    ['free', undefined],
    ['asked', 'correct horse'],
  ])('changes its private root as %s', async (user, password) => {
    const node = await open(user, { sudoPassword: async () => password });
    writeFileSync(path('etc/systemd/system/a.service'), '[Install]\nWantedBy=multi-user.target\n');
    await node.apply([
      { kind: 'write', id: 't/1', path: '/etc/one', content: 'one', mode: 0o600 },
      { kind: 'unit', id: 't/2', name: 'a.service', action: 'enable' },
    ]);
    expect(readFileSync(path('etc/one'), 'utf8')).toBe('one');
    const [file, unit] = await node.inspect([
      { kind: 'file', path: '/etc/one', content: true },
      { kind: 'unit', name: 'a.service' },
    ]);
    expect(file).toMatchObject({ type: 'file', mode: 0o600, uid: 0 });
    expect(unit).toEqual({ active: 'active', enabled: 'enabled' });
  });

  it.each([
    ['denied', 'correct horse', 'SudoNotAllowed'],
    ['asked', undefined, 'SudoPasswordRequired'],
    ['asked', 'wrong', 'SudoWrongPassword'],
  ])('B15: is refused by sudo as %s with password %s: nothing is changed', async (user, password, code) => {
    const node = await open(user, { sudoPassword: async () => password });
    const write = node.apply([{ kind: 'write', id: 't/1', path: '/etc/one', content: 'one', mode: 0o600 }]);
    await expect(write).rejects.toMatchObject({ code, exit: 15 });
    expect(existsSync(path('etc/one'))).toBe(false);
  });

  it('B17: works two lanes side by side on a server that allows one session a connection (MaxSessions 1)', async () => {
    const node = await open('root');
    const upload = node.apply(
      [{ kind: 'upload', id: 't/1', path: '/etc/big', mode: 0o644, artifact: blob(4_000_000) }],
      {
        lane: 'bulk',
      },
    );
    const write = node.apply([{ kind: 'write', id: 't/2', path: '/etc/small', content: 'x', mode: 0o644 }]);
    await Promise.all([upload, write]);
    expect([readFileSync(path('etc/big')).length, readFileSync(path('etc/small'), 'utf8')]).toEqual([
      4_000_000,
      'x',
    ]);
  });

  it.each(['resetAfter', 'truncateAfter'] as const)(
    'B02, B56: takes up an upload again that was cut (%s)',
    async (fault) => {
      proxy = await startProxy(sshd);
      const node = await open('root', {}, { keepaliveMs: 300 });
      await node.inspect([{ kind: 'list', path: '/etc' }]);
      proxy.faults[fault] = proxy.received + 1_000_000;
      const mend = setInterval(() => {
        if (proxy && proxy.connections > 1) proxy.faults[fault] = Number.POSITIVE_INFINITY;
      }, 5);
      const artifact = blob(6_000_000);
      await node
        .apply([{ kind: 'upload', id: 't/1', path: '/etc/big', mode: 0o644, artifact }], { lane: 'bulk' })
        .finally(() => clearInterval(mend));
      expect(
        createHash('sha256')
          .update(readFileSync(path('etc/big')))
          .digest('hex'),
      ).toBe(artifact.sha256);
      expect(proxy.connections).toBeGreaterThan(1);
    },
  );

  it('B07: waits for a server that is away for a moment', async () => {
    proxy = await startProxy(sshd);
    const node = await open('root');
    await node.inspect([{ kind: 'list', path: '/etc' }]);
    const { port } = proxy;
    await proxy.stop();
    const back = new Promise<void>((resolve) => {
      setTimeout(async () => {
        proxy = await startProxy(sshd, { port });
        resolve();
      }, 600);
    });
    await node.apply([{ kind: 'write', id: 't/1', path: '/etc/later', content: 'x', mode: 0o644 }]);
    await back;
    expect(readFileSync(path('etc/later'), 'utf8')).toBe('x');
  });

  it('B05: does not run a command twice whose answer was lost', async () => {
    proxy = await startProxy(sshd);
    const node = await open('root', {}, { keepaliveMs: 300 });
    await node.inspect([{ kind: 'list', path: '/etc' }]);
    const log = path('runs');
    setTimeout(() => proxy?.resetAll(), 150);
    const run = node.apply([
      { kind: 'run', id: 't/1', argv: ['sh', '-c', `sleep 0.6; echo ran >> ${log}`] },
      { kind: 'write', id: 't/2', path: '/etc/after', content: 'x', mode: 0o644 },
    ]);
    const outcome = await run.catch((error) => error);
    await expect.poll(() => existsSync(log)).toBe(true);
    expect(readFileSync(log, 'utf8')).toBe('ran\n');
    if (outcome instanceof Error) expect(outcome).toMatchObject({ exit: 21 });
  });
});
