import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectOpenSsh } from '../../../../src/host/openssh/connect.ts';
import { resolvePeer } from '../../../../src/host/openssh/resolve.ts';
import { openHost } from '../../../../src/host/session.ts';
import { openSshReason } from '../../../../src/host/ssh/needs-openssh.ts';
import { parseTarget } from '../../../../src/host/ssh/target.ts';
import { PROGRAMS } from '../../support/adapters.ts';
import { type Laptop, makeLaptop, run } from '../../support/laptop.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

// What OpenSSH alone does. Keys on security devices are asked for by ssh in the same way as passphrases; there is no
// device here to show it with.
describeSim("what the system's ssh alone does", () => {
  let laptop: Laptop;
  let sshd: Sshd;
  const file = (name: string) => join(laptop.home, '.ssh', name);
  const connect = (target: string) => connectOpenSsh(target, laptop.options(), PROGRAMS);
  const configure = (host: string) =>
    laptop.write(
      '.ssh/config',
      `${host}\nHost *\nUserKnownHostsFile ${file('known_hosts')}\nGlobalKnownHostsFile none\nUser deploy\n`,
    );

  beforeAll(async () => {
    laptop = makeLaptop();
    const authorizedKeys = [laptop.key()];
    laptop.key('authority');
    execFileSync('cp', [file('authority.pub'), join(laptop.home, 'authority.pub')]);
    sshd = await startSshd({
      address: '127.0.0.15',
      config: [`TrustedUserCAKeys ${join(laptop.home, 'authority.pub')}`],
      users: [
        { name: 'root', uid: 0, authorizedKeys },
        { name: 'deploy', uid: 1500, authorizedKeys, sudo: 'ALL=(ALL) NOPASSWD: ALL' },
        { name: 'certified', uid: 1501 },
      ],
    });
  });
  beforeEach(
    () => void laptop.write('.ssh/known_hosts', `${sshd.knownHost()}\nvia-command ${sshd.hostKey()}\n`),
  );
  afterAll(async () => {
    await sshd?.stop();
    await laptop?.clean();
  });

  it('ProxyCommand: reaches a host through a program', async () => {
    const relay = `import{connect}from'node:net';const s=connect(${sshd.port},'${sshd.address}');process.stdin.pipe(s).pipe(process.stdout)`;
    configure(
      `Host via-command\nProxyCommand ${process.execPath} --input-type=module -e "${relay}"\nIdentityFile ${file('id_ed25519')}`,
    );
    expect(await openSshReason('via-command', laptop.options())).toContain('config:2: ProxyCommand');
    const connection = await connect('via-command');
    expect((await run(connection, 'id -un')).stdout).toBe('deploy\n');
    await connection.close();
  });

  it('Match exec and Include', async () => {
    laptop.write(
      '.ssh/more',
      `HostName ${sshd.address}\nPort ${sshd.port}\nIdentityFile ${file('id_ed25519')}\n`,
    );
    configure(`Match originalhost matched exec "test -d ${laptop.home}"\nInclude ${file('more')}`);
    expect(await openSshReason('matched', laptop.options())).toContain('Match exec');
    const connection = await connect('matched');
    expect(connection).toMatchObject({ address: sshd.address, user: 'deploy' });
    await connection.close();
  });

  // It had none: a command that waits for ever made every command of ours wait with it.
  it('Match exec that does not end: ssh -G has a time limit, and that is said', async () => {
    configure('Match originalhost slow exec "sleep 60"');
    const target = parseTarget('slow');
    const env = { ...process.env, HOME: laptop.home };
    await expect(resolvePeer(target, laptop.options(), env, 300)).rejects.toMatchObject({
      code: 'SshConfigUnsupported',
      message: expect.stringContaining('did not end within'),
      hint: expect.stringContaining('Match exec'),
    });
  });

  it('user certificates', async () => {
    laptop.key('signed');
    execFileSync('ssh-keygen', [
      ...['-q', '-s', file('authority'), '-I', 'someone', '-n', 'certified'],
      file('signed.pub'),
    ]);
    configure(
      `Host cert\nHostName ${sshd.address}\nPort ${sshd.port}\nUser certified\nIdentityFile ${file('signed')}\nCertificateFile ${file('signed-cert.pub')}`,
    );
    expect(await openSshReason('cert', laptop.options())).toMatch(/config:\d+: certificatefile/);
    const connection = await connect('cert');
    expect((await run(connection, 'id -un')).stdout).toBe('certified\n');
    await connection.close();
  });

  it('host certificates (@cert-authority)', async () => {
    const hostKey = join(sshd.root, 'host_ed25519');
    execFileSync('ssh-keygen', ['-q', '-s', file('authority'), '-I', 'host', '-h', `${hostKey}.pub`]);
    const certified = await startSshd({
      address: '127.0.0.16',
      config: [`HostCertificate ${hostKey}-cert.pub`, `HostKey ${hostKey}`],
      users: [{ name: 'deploy', uid: 1500, authorizedKeys: [laptop.read('.ssh/id_ed25519.pub')] }],
    });
    const authority = laptop.read('.ssh/authority.pub');
    laptop.write('.ssh/known_hosts', `@cert-authority * ${authority}`);
    configure(`IdentityFile ${file('id_ed25519')}`);
    await (await connect(`${certified.address}:${certified.port}`)).close();
    await certified.stop();
  });

  it('a key on a security device is told by its public half', async () => {
    laptop.write('.ssh/id_device', 'its handle');
    laptop.write('.ssh/id_device.pub', 'sk-ssh-ed25519@openssh.com AAAA someone\n');
    configure(`IdentityFile ${file('id_device')}`);
    expect(await openSshReason('anywhere', laptop.options())).toContain(
      'id_device is a key on a security device',
    );
  });

  it('is not asked for where ssh2 does', async () => {
    configure(`IdentityFile ${file('id_ed25519')}`);
    expect(await openSshReason('deploy@anywhere', laptop.options())).toBeUndefined();
  });

  it('carries the whole applier, with sudo', async () => {
    configure(`IdentityFile ${file('id_ed25519')}`);
    const host = await openHost('here', () => connect(`${sshd.address}:${sshd.port}`), { prefix: sshd.root });
    const write = { kind: 'write', id: 'a/b/1', path: '/made', content: 'by ssh', mode: 0o640 } as const;
    await host.apply([write]);
    const [state] = await host.inspect([{ kind: 'file', path: '/made', content: true }]);
    expect(state).toMatchObject({ mode: 0o640, uid: 0 });
    expect(state.content?.toString()).toBe('by ssh');
    await host.close();
  });

  it('leaves no login behind when the run is killed', async () => {
    configure(`IdentityFile ${file('id_ed25519')}`);
    const script = `
      import { connectOpenSsh } from ${JSON.stringify(join(import.meta.dirname, '../../../../src/host/openssh/connect.ts'))};
      const prompts = { hostKey: async () => undefined, passphrase: async () => undefined, password: async () => undefined };
      const options = { configFiles: [${JSON.stringify(file('config'))}], acceptNewHostKeys: false, prompts, env: process.env };
      await connectOpenSsh(${JSON.stringify(`${sshd.address}:${sshd.port}`)}, options, ${JSON.stringify(PROGRAMS)});
      console.log('up');
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(sshd.sessionPids().length).toBeGreaterThan(0);
    child.kill('SIGKILL');
    await expect.poll(() => sshd.sessionPids().length).toBe(0);
    expect(existsSync(file('config'))).toBe(true);
  });
});
