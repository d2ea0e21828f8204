import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Connection } from '../../../../src/host/connection.ts';
import type { SshOptions } from '../../../../src/host/ssh/options.ts';
import { type Adapter, adapters } from '../../support/adapters.ts';
import { finish, type Laptop, makeLaptop, run } from '../../support/laptop.ts';
import { type FaultyProxy, startProxy } from '../../support/proxy.ts';
import { freePort, type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

describe.each(adapters)('$name', (adapter) => {
  describeSim('a connection', () => connectionTests(adapter));
});

function connectionTests({ connect: connectSsh, seesSignals, rounds, configure }: Adapter): void {
  let laptop: Laptop;
  let sshd: Sshd;
  let narrow: Sshd;
  let proxy: FaultyProxy | undefined;
  let options: (more?: Partial<SshOptions>) => SshOptions;

  beforeAll(async () => {
    laptop = makeLaptop();
    const users = [
      { name: 'root', uid: 0, authorizedKeys: [laptop.key()] },
      {
        name: 'noisy',
        uid: 1500,
        authorizedKeys: [laptop.read('.ssh/id_ed25519.pub')],
        bashrc: 'echo HELLO; echo OOPS >&2\n',
      },
    ];
    sshd = await startSshd({ users });
    narrow = await startSshd({ address: '127.0.0.8', users, config: ['MaxSessions 1'] });
    configure(laptop);
    laptop.write('.ssh/known_hosts', `${sshd.knownHost()}\n${narrow.knownHost()}\n`);
    options = (more) => laptop.options({ acceptNewHostKeys: true, ...more });
  });
  afterEach(async () => {
    await proxy?.stop();
    proxy = undefined;
  });
  afterAll(async () => {
    await sshd?.stop();
    await narrow?.stop();
    await laptop?.clean();
  });

  const to = (host: { address: string; port: number }, user = 'root') =>
    `${user}@${host.address}:${host.port}`;
  const through = async (more: Partial<SshOptions> = {}): Promise<[Connection, FaultyProxy]> => {
    proxy = await startProxy(sshd);
    return [await connectSsh(to(proxy), options(more)), proxy];
  };

  it('gives exit codes, signals, both outputs and every byte of the input', async () => {
    const connection = await connectSsh(to(sshd), options());
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(await run(connection, 'echo out; echo err >&2; exit 7')).toEqual({
      code: 7,
      stdout: 'out\n',
      stderr: 'err\n',
    });
    expect(await run(connection, 'kill -TERM $$')).toMatchObject({
      code: null,
      ...(seesSignals ? { signal: 'SIGTERM' } : {}),
    });
    expect((await run(connection, 'od -An -v -tx1 | tr -d " \\n"', bytes as never)).stdout).toBe(
      bytes.toString('hex'),
    );
    expect(await run(connection, 'tty')).toMatchObject({ code: 1, stdout: 'not a tty\n' });
    await connection.close();
    await expect(connection.exec('true')).rejects.toThrow('closed');
  });

  it('keeps the status of commands that end at once (it may come in the packet that opens the channel)', async () => {
    const connection = await connectSsh(to(sshd), options());
    const codes = new Set<number | null>();
    for (let i = 0; i < rounds; i++) {
      const runs = Array.from({ length: 8 }, () => run(connection, 'exit 7'));
      for (const { code } of await Promise.all(runs)) codes.add(code);
    }
    expect([...codes]).toEqual([7]);
    await connection.close();
  });

  it('runs twenty commands at once over one connection, eight at a time', async () => {
    const connection = await connectSsh(to(sshd), options());
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, i) => run(connection, `sleep 0.05; echo ${i}`)),
    );
    expect(results.map((r) => r.stdout)).toEqual(Array.from({ length: 20 }, (_, i) => `${i}\n`));
    expect(sshd.log().match(/Starting session/g)?.length).toBeGreaterThan(19);
    await connection.close();
  });

  it('B17: opens further connections where the server allows one session each (MaxSessions 1)', async () => {
    const connection = await connectSsh(to(narrow), options());
    const held = await connection.exec('cat');
    const results = await Promise.all(Array.from({ length: 6 }, (_, i) => run(connection, `echo ${i}`)));
    expect(results.map((r) => r.stdout)).toEqual(['0\n', '1\n', '2\n', '3\n', '4\n', '5\n']);
    expect(await finish(held, 'still here')).toMatchObject({ code: 0, stdout: 'still here' });
    await connection.close();
    await expect.poll(() => narrow.sessionPids().length).toBe(0);
  });

  it('B17: waits and tries again where the server has too many logins under way (MaxStartups)', async () => {
    const busy = await startSshd({
      address: '127.0.0.10',
      config: ['MaxStartups 2'],
      users: [{ name: 'root', uid: 0, authorizedKeys: [laptop.read('.ssh/id_ed25519.pub')] }],
    });
    const connections = await Promise.all(Array.from({ length: 8 }, () => connectSsh(to(busy), options())));
    for (const connection of connections) expect((await run(connection, 'echo in')).stdout).toBe('in\n');
    await Promise.all(connections.map((c) => c.close()));
    await busy.stop();
  });

  it('ends a write into a command that is gone, instead of waiting for ever', async () => {
    const connection = await connectSsh(to(sshd), options());
    const channel = await connection.exec('head -c 10 >/dev/null; exit 3');
    channel.stdout.resume();
    channel.stderr.resume();
    const chunk = Buffer.alloc(1 << 20);
    const written = async () => {
      for (let i = 0; i < 64; i++)
        await new Promise<void>((resolve, reject) =>
          channel.stdin.write(chunk, (e) => (e ? reject(e) : resolve())),
        );
    };
    await expect(written()).rejects.toThrow();
    expect(await channel.exit).toEqual({ code: 3 });
    await connection.close();
  });

  it('B60: holds a sender back while nobody reads: memory stays flat', async () => {
    const connection = await connectSsh(to(sshd), options());
    const channel = await connection.exec('head -c 200000000 /dev/zero; echo done >&2');
    let message = '';
    channel.stderr.on('data', (chunk) => {
      message += chunk;
    });
    await run(connection, 'sleep 0.3');
    expect(channel.stdout.readableLength).toBeLessThan(4 << 20);
    expect(message).toBe('');
    let read = 0;
    channel.stdout.on('data', (chunk: Buffer) => {
      read += chunk.length;
    });
    expect(await channel.exit).toEqual({ code: 0 });
    expect([read, message]).toEqual([200_000_000, 'done\n']);
    await connection.close();
  });

  it('kills a command, and its exit settles', async () => {
    const connection = await connectSsh(to(sshd), options());
    const channel = await connection.exec('exec cat');
    channel.kill();
    expect(await channel.exit).toMatchObject({ code: null });
    expect((await run(connection, 'echo next')).stdout).toBe('next\n');
    await connection.close();
  });

  it('carries a tunnel with half-close and tells a refused one', async () => {
    const echo = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
    await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
    const { port } = echo.address() as { port: number };
    const connection = await connectSsh(to(sshd), options());
    const tunnel = await connection.tunnel('127.0.0.1', port);
    tunnel.end('round trip');
    let back = '';
    for await (const chunk of tunnel) back += chunk;
    expect(back).toBe('round trip');
    echo.close();
    await expect(connection.tunnel('127.0.0.1', await freePort('127.0.0.1'))).rejects.toMatchObject({
      code: 'TunnelRefused',
    });
    await connection.close();
  });

  it('B17: shows what a noisy .bashrc prints, in front of the output: the reader has to look for its marker', async () => {
    const connection = await connectSsh(to(sshd, 'noisy'), options());
    expect(await run(connection, 'echo real')).toEqual({
      code: 0,
      stdout: 'HELLO\nreal\n',
      stderr: 'OOPS\n',
    });
    await connection.close();
  });

  describeSim('that fails', () => {
    const failing = async (target: string, more: Partial<SshOptions> = {}) => {
      const error = await connectSsh(target, options(more)).catch((e) => e);
      expect(error).toMatchObject({ exit: 12, hint: expect.any(String), host: expect.any(String) });
      return error;
    };
    const listening = async (server: Server): Promise<number> => {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.11', resolve));
      return (server.address() as { port: number }).port;
    };

    it('names a refused port', async () => {
      const port = await freePort('127.0.0.5');
      expect(await failing(`root@127.0.0.5:${port}`)).toMatchObject({
        code: 'HostUnreachable',
        message: expect.stringContaining('refused the connection'),
      });
    });

    it('names a name without an address', async () => {
      expect(await failing('no-such-host.invalid')).toMatchObject({ code: 'HostNameUnknown' });
    });

    it('names what is not an SSH server, with its first line', async () => {
      const http = createHttpServer();
      const port = await listening(http);
      const error = await failing(`root@127.0.0.11:${port}`);
      expect(error).toMatchObject({
        code: 'NotAnSshServer',
        evidence: expect.stringContaining('HTTP/1.1 400'),
      });
      http.close();
    });

    it('escapes what a hostile server says', async () => {
      const hostile = createServer((socket) => socket.end('\u001b]0;owned\u0007\u001b[2J\r\n'));
      const error = await failing(`root@127.0.0.11:${await listening(hostile)}`);
      expect(error.code).toBe('NotAnSshServer');
      expect(error.evidence).not.toMatch(/\u001b|\u0007/);
      hostile.close();
    });

    it('gives up on a server that says nothing, within the time given', async () => {
      const silent = createServer(() => undefined);
      const port = await listening(silent);
      const error = await failing(`root@127.0.0.11:${port}`, { connectTimeoutMs: 300 });
      expect(error).toMatchObject({
        code: 'HostUnreachable',
        message: expect.stringContaining('said nothing'),
      });
      silent.close();
    });

    it('says so where no algorithm is shared', async () => {
      const old = await startSshd({
        address: '127.0.0.12',
        config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'],
      });
      expect(await failing(to(old))).toMatchObject({ code: 'SshHandshakeFailed' });
      await old.stop();
    });

    it('stops at once when the run is interrupted, before and during the login', async () => {
      const silent = createServer(() => undefined);
      const port = await listening(silent);
      const abort = new AbortController();
      const attempt = connectSsh(`root@127.0.0.11:${port}`, options({ signal: abort.signal }));
      setTimeout(() => abort.abort(new Error('Ctrl-C')), 50);
      await expect(attempt).rejects.toThrow('Ctrl-C');
      await expect(connectSsh(to(sshd), options({ signal: abort.signal }))).rejects.toThrow('Ctrl-C');
      silent.close();
    });
  });

  describeSim('that breaks', () => {
    it('B06: is noticed when the network goes silent, though no FIN ever comes', async () => {
      const [connection, faulty] = await through({ keepaliveMs: 200 });
      const channel = await connection.exec('sleep 600');
      faulty.faults.stalled = true;
      await expect(channel.exit).rejects.toMatchObject({ code: 'ConnectionLost' });
      expect(await connection.closed).toMatchObject({ message: expect.stringContaining('no sign of life') });
    });

    it('B06: is noticed when the server is stopped (SIGSTOP)', async () => {
      const connection = await connectSsh(to(sshd), options({ keepaliveMs: 200 }));
      await run(connection, 'true');
      const pids = sshd.sessionPids();
      for (const pid of pids) process.kill(pid, 'SIGSTOP');
      const reason = await connection.closed;
      for (const pid of pids) process.kill(pid, 'SIGCONT');
      expect(reason).toMatchObject({ code: 'ConnectionLost', exit: 21 });
    });

    it('B58: does not give up on a slow network', async () => {
      const [connection, slow] = await through({ keepaliveMs: 200 });
      slow.faults.latencyMs = 150;
      expect((await run(connection, 'sleep 1.5; echo late')).stdout).toBe('late\n');
      await connection.close();
    });

    it.each(['reset', 'fin'] as const)(
      'rejects what is under way after a %s, and what comes later',
      async (how) => {
        const [connection, faulty] = await through();
        const channel = await connection.exec('echo partial; sleep 600');
        channel.stdout.resume();
        if (how === 'reset') faulty.resetAll();
        else faulty.dropAll();
        await expect(channel.exit).rejects.toMatchObject({ code: 'ConnectionLost' });
        await expect(connection.exec('true')).rejects.toMatchObject({ cause: { code: 'ConnectionLost' } });
        await expect(connection.tunnel('127.0.0.1', 1)).rejects.toMatchObject({ code: 'ConnectionLost' });
        await connection.close();
      },
    );

    it.each(['resetAfter', 'truncateAfter'] as const)(
      'ends an upload that is cut in the middle (%s)',
      async (fault) => {
        const [connection, faulty] = await through({ keepaliveMs: 300 });
        const channel = await connection.exec('cat >/dev/null');
        channel.stdout.resume();
        channel.stderr.resume();
        faulty.faults[fault] = faulty.received + 3_000_000;
        const chunk = Buffer.alloc(1 << 18);
        const upload = async () => {
          for (let i = 0; i < 400; i++)
            await new Promise<void>((resolve, reject) =>
              channel.stdin.write(chunk, (e) => (e ? reject(e) : resolve())),
            );
        };
        await expect(upload()).rejects.toThrow();
        await expect(channel.exit).rejects.toMatchObject({ code: 'ConnectionLost' });
      },
    );

    it('B03: loses a session whose sshd is killed, and can be made again', async () => {
      const connection = await connectSsh(to(sshd), options());
      const channel = await connection.exec('sleep 600');
      for (const pid of sshd.sessionPids()) process.kill(pid, 'SIGKILL');
      await expect(channel.exit).rejects.toMatchObject({ code: 'ConnectionLost' });
      const again = await connectSsh(to(sshd), options());
      expect((await run(again, 'echo back')).stdout).toBe('back\n');
      await again.close();
    });

    it('closes in time though the other side is silent', async () => {
      const [connection, faulty] = await through();
      faulty.faults.stalled = true;
      await connection.close();
      expect(await connection.closed).toBeUndefined();
    });
  });
}
