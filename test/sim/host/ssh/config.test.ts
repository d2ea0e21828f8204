import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readHostConfig } from '../../../../src/host/ssh/config.ts';
import { connectSsh } from '../../../../src/host/ssh/connect.ts';
import { parseTarget } from '../../../../src/host/ssh/target.ts';
import { type Laptop, makeLaptop, run } from '../../support/laptop.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

describeSim('ssh_config against real servers', () => {
  let laptop: Laptop;
  let target: Sshd;
  let jump: Sshd;
  beforeAll(async () => {
    laptop = makeLaptop();
    const named = laptop.key('named');
    const jumpKey = laptop.key('jump');
    target = await startSshd({
      address: '127.0.0.5',
      users: [{ name: 'deploy', uid: 1500, authorizedKeys: [named] }],
    });
    jump = await startSshd({
      address: '127.0.0.6',
      users: [{ name: 'hop', uid: 1501, authorizedKeys: [jumpKey] }],
    });
    laptop.write('.ssh/known_hosts', `${target.knownHost()}\n${jump.knownHost()}\n`);
    laptop.write(
      '.ssh/config',
      `Host node1
  HostName ${target.address}
  Port ${target.port}
  User deploy
  IdentityFile ~/.ssh/missing
  IdentityFile ~/.ssh/named
Host bastion
  HostName ${jump.address}
  Port ${jump.port}
  User hop
  IdentityFile %d/.ssh/jump
Match originalhost inner,inner2
  HostName ${target.address}
  Port ${target.port}
  User deploy
  IdentityFile ~/.ssh/named
  ProxyJump bastion
`,
    );
  });
  afterAll(async () => {
    await target?.stop();
    await jump?.stop();
    await laptop?.clean();
  });

  it('takes HostName, Port, User and the second IdentityFile from the Host block', async () => {
    const connection = await connectSsh('node1', laptop.options());
    expect(connection).toMatchObject({ address: target.address, user: 'deploy' });
    expect(await run(connection, 'id -un')).toMatchObject({ code: 0, stdout: 'deploy\n' });
    await connection.close();
    expect(await connection.closed).toBeUndefined();
  });

  it('B17: reaches the target through ProxyJump, and closes the hop with it', async () => {
    const connection = await connectSsh('inner', laptop.options());
    const { stdout } = await run(connection, 'echo "$SSH_CONNECTION"');
    // What the target sees comes from the hop, not from here: the hop's sshd opened it.
    expect(jump.log()).toContain('Accepted publickey for hop');
    expect(stdout).toContain(`${target.address} ${target.port}`);
    expect(jump.sessionPids().length).toBeGreaterThan(0);
    await connection.close();
    await expect.poll(() => jump.sessionPids().length).toBe(0);
  });

  it('verifies the key of the hop as well', async () => {
    const file = laptop.write('only-target', `${target.knownHost()}\n`);
    await expect(connectSsh('inner', laptop.options({ knownHostsFile: file }))).rejects.toMatchObject({
      code: 'HostKeyUnknown',
      host: 'bastion',
    });
  });

  it('carries sessions and tunnels side by side through a hop, and says when the hop is gone', async () => {
    const connection = await connectSsh('inner2', laptop.options());
    const tunnel = await connection.tunnel(target.address, target.port);
    const banner = await new Promise<string>((resolve) =>
      tunnel.once('data', (chunk) => resolve(String(chunk))),
    );
    expect(banner).toMatch(/^SSH-2.0-OpenSSH/);
    const channel = await connection.exec('sleep 60');
    for (const pid of jump.sessionPids()) process.kill(pid, 'SIGKILL');
    await expect(channel.exit).rejects.toMatchObject({ code: 'ConnectionLost' });
    expect(await connection.closed).toMatchObject({ code: 'ConnectionLost' });
    await expect.poll(() => tunnel.destroyed).toBe(true);
  });

  it.each([
    [
      'host blocks',
      'Host a* !ab\n HostName 10.0.0.1\nHost *\n User all\n Port 2200\n HostName 10.9.9.9\n',
      ['aa', 'ab', 'x@aa:7'],
    ],
    [
      'match',
      'Match host 10.*\n User inner\nHost n1\n HostName 10.1.1.1\nMatch host 10.* user root\n Port 77\nMatch !originalhost n1\n Port 78\n',
      ['n1', 'n2'],
    ],
    ['final', 'Match final host *.example\n User late\nHost s\n HostName s.example\n', ['s', 't']],
    [
      'quotes',
      'Host "q" \'r\'\n  User="me you" # who\n  IdentityFile "~/.ssh/a b"\n  IdentityFile=~/.ssh/%h-%r-%n-%p\n',
      ['ok@q', 'ok@r'],
    ],
    [
      'first counts',
      'User one\nUser two\nPort 1\nHost *\n Port 2\n IdentityFile ~/x\n IdentityFile ~/y\n',
      ['z'],
    ],
    ['include', 'Host inc\n  Include more.d/*\nPort 9\nHost *\n  User outer\n', ['inc', 'other']],
    ['jumps', 'Host j\n ProxyJump u@a:1,b\nHost k\n ProxyJump none\nHost *\n ProxyJump c\n', ['j', 'k', 'l']],
    ['case', 'host UPPER\n hostname %h.example\n PORT 8\nMatch host UPPER.*\n USER m\n', ['upper', 'UPPER']],
  ])('reads %s as OpenSSH does (ssh -G)', async (name, text, targets) => {
    laptop.write('.ssh/more.d/a', 'User included\nHost other\n  Port 99\n');
    const file = laptop.write(`config-${name.replace(' ', '-')}`, text);
    for (const target of targets) {
      const parsed = parseTarget(target);
      const ours = await readHostConfig(parsed, { configFiles: [file], env: laptop.env }).catch(
        (e: Error) => e,
      );
      expect(ours).not.toBeInstanceOf(Error);
      if (ours instanceof Error) continue;
      const theirs = opensshReads(file, laptop.home, parsed);
      const identities = ours.identityFiles.filter((f) => f.explicit).map((f) => f.path);
      const jumps = ours.jumps.map(
        (j) => `${j.user ? `${j.user}@` : ''}${j.host}${j.port ? `:${j.port}` : ''}`,
      );
      expect({
        target,
        host: ours.host,
        user: ours.user,
        port: String(ours.port),
        jumps: jumps.join(','),
      }).toEqual({
        target,
        host: theirs.get('hostname')?.[0],
        user: theirs.get('user')?.[0],
        port: theirs.get('port')?.[0],
        jumps: theirs.get('proxyjump')?.[0] ?? '',
      });
      if (identities.length > 0)
        expect(identities).toEqual(theirs.get('identityfile')?.map((f) => expand(f, ours)));
    }
  });

  /** `ssh -G` leaves the tokens in IdentityFile as they are. */
  function expand(path: string, c: { host: string; user: string; alias: string; port: number }): string {
    const tokens: Record<string, string> = { h: c.host, r: c.user, n: c.alias, p: String(c.port) };
    return path.replace(/^~/, laptop.home).replace(/%([hrnp])/g, (_, token: string) => tokens[token] ?? '');
  }
});

/** ssh takes its home from passwd, not from HOME: a private passwd says where it is. */
function opensshReads(file: string, home: string, target: { host: string; user?: string; port?: number }) {
  const passwd = join(home, 'passwd');
  const script = `printf 'root:x:0:0::%s:/bin/sh\\n' "$1" >"$2" && mount --bind "$2" /etc/passwd && shift 2 && exec "$@"`;
  const options = [
    ...(target.user ? ['-l', target.user] : []),
    ...(target.port ? ['-p', String(target.port)] : []),
  ];
  const text = execFileSync(
    'unshare',
    [
      '--mount',
      '--propagation',
      'private',
      'sh',
      '-c',
      script,
      'sh',
      home,
      passwd,
      'ssh',
      '-G',
      '-F',
      file,
      ...options,
      target.host,
    ],
    { encoding: 'utf8', env: { PATH: process.env.PATH }, stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [key = '', ...rest] = line.split(' ');
    values.set(key, [...(values.get(key) ?? []), rest.join(' ')]);
  }
  return values;
}
