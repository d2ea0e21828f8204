import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectSsh } from '../../../../src/host/ssh/connect.ts';
import { answering, type Laptop, makeLaptop } from '../../support/laptop.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

describeSim('host keys', () => {
  let laptop: Laptop;
  let sshd: Sshd;
  let target: string;
  const known = () => join(laptop.home, '.ssh', 'known_hosts');

  beforeAll(async () => {
    laptop = makeLaptop();
    const key = laptop.key();
    sshd = await startSshd({
      hostKeys: ['ed25519', 'rsa', 'ecdsa'],
      users: [{ name: 'root', uid: 0, authorizedKeys: [key] }],
    });
    target = `root@${sshd.address}:${sshd.port}`;
  });
  beforeEach(() => {
    laptop.write('.ssh/known_hosts', '');
    laptop.write('.ssh/config', '');
  });
  afterAll(async () => {
    await sshd?.stop();
    await laptop?.clean();
  });

  const fingerprintOf = (type: 'ed25519' | 'rsa' | 'ecdsa'): string =>
    execFileSync('ssh-keygen', ['-lf', join(sshd.root, `host_${type}.pub`)], { encoding: 'utf8' }).split(
      ' ',
    )[1] ?? '';

  it('B16: asks about an unknown key with the fingerprint that ssh-keygen prints, and sends nothing on a no', async () => {
    const { prompts, asked } = answering({ hostKey: false });
    await expect(connectSsh(target, laptop.options({ prompts }))).rejects.toMatchObject({
      code: 'HostKeyUnknown',
      exit: 13,
      evidence: `ssh-ed25519 ${fingerprintOf('ed25519')}`,
      hint: expect.stringContaining('--accept-new-host-keys'),
    });
    expect(asked).toEqual([`hostKey [${sshd.address}]:${sshd.port} ${fingerprintOf('ed25519')}`]);
    expect(laptop.read('.ssh/known_hosts')).toBe('');
    expect(sshd.log()).not.toContain('Failed publickey');
  });

  it('records a key that was accepted, and does not ask again', async () => {
    laptop.write('.ssh/known_hosts', '# no newline at the end');
    const { prompts, asked } = answering({ hostKey: true });
    for (let i = 0; i < 2; i++) await (await connectSsh(target, laptop.options({ prompts }))).close();
    expect(asked).toHaveLength(1);
    expect(laptop.read('.ssh/known_hosts')).toBe(`# no newline at the end\n${sshd.knownHost()}\n`);
  });

  it('records with --accept-new-host-keys into a new 0600 file, hashed where ssh_config says so', async () => {
    laptop.write('.ssh/config', 'HashKnownHosts yes\n');
    const file = join(laptop.home, 'fresh', 'known_hosts');
    const options = laptop.options({ acceptNewHostKeys: true, knownHostsFile: file });
    await (await connectSsh(target, options)).close();
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(laptop.read('fresh/known_hosts')).toMatch(/^\|1\|[A-Za-z0-9+/=]+\|[A-Za-z0-9+/=]+ ssh-ed25519 /);
    // OpenSSH finds what we wrote, and we find it again.
    const found = execFileSync('ssh-keygen', ['-F', `[${sshd.address}]:${sshd.port}`, '-f', file], {
      encoding: 'utf8',
    });
    expect(found).toContain('found: line 1');
    await (await connectSsh(target, laptop.options({ knownHostsFile: file }))).close();
  });

  it('reads a file that ssh-keygen -H hashed', async () => {
    laptop.write('.ssh/known_hosts', `${sshd.knownHost()}\n`);
    execFileSync('ssh-keygen', ['-H', '-f', known()], { stdio: 'pipe' });
    expect(laptop.read('.ssh/known_hosts')).toMatch(/^\|1\|/);
    await (await connectSsh(target, laptop.options())).close();
  });

  it.each(['rsa', 'ecdsa'] as const)(
    'asks the server for the recorded type (%s), though others come first',
    async (type) => {
      laptop.write('.ssh/known_hosts', `${sshd.knownHost(type)}\n`);
      await (await connectSsh(target, laptop.options())).close();
    },
  );

  it('B16: refuses a changed key, whatever flags and ssh_config say, with both fingerprints and the line', async () => {
    const other = laptop.key('other').split(' ').slice(0, 2).join(' ');
    const name = `[${sshd.address}]:${sshd.port}`;
    laptop.write('.ssh/known_hosts', `# first\n${name} ${other}\n`);
    laptop.write('.ssh/config', 'StrictHostKeyChecking no\n');
    const { prompts, asked } = answering({ hostKey: true });
    const error = await connectSsh(target, laptop.options({ prompts, acceptNewHostKeys: true })).catch(
      (e) => e,
    );
    expect(error).toMatchObject({ code: 'HostKeyChanged', exit: 13 });
    expect(error.evidence).toContain(fingerprintOf('ed25519'));
    expect(error.evidence).toMatch(new RegExp(`recorded: ssh-ed25519 SHA256:\\S+ \\(${known()}:2\\)`));
    expect(error.hint).toContain(`ssh-keygen -R '${name}' -f ${known()}`);
    expect(asked).toEqual([]);
  });

  it('refuses a key of another type where the recorded type is gone', async () => {
    const dsa = laptop.key('ec521', { type: 'ecdsa' }).split(' ').slice(0, 2).join(' ');
    const only = await startSshd({
      address: '127.0.0.7',
      hostKeys: ['ed25519'],
      users: [{ name: 'root', uid: 0 }],
    });
    laptop.write('.ssh/known_hosts', `[${only.address}]:${only.port} ${dsa}\n`);
    const attempt = connectSsh(
      `root@${only.address}:${only.port}`,
      laptop.options({ acceptNewHostKeys: true }),
    );
    await expect(attempt).rejects.toMatchObject({ code: 'HostKeyChanged' }).finally(only.stop);
  });

  it('B16: refuses a revoked key, and one that ssh_config forbids to be new', async () => {
    laptop.write('.ssh/known_hosts', `@revoked * ${sshd.hostKey()}\n${sshd.knownHost()}\n`);
    const options = laptop.options({ acceptNewHostKeys: true });
    await expect(connectSsh(target, options)).rejects.toMatchObject({ code: 'HostKeyRevoked', exit: 13 });
    laptop.write('.ssh/known_hosts', '');
    laptop.write('.ssh/config', '\nStrictHostKeyChecking yes\n');
    await expect(connectSsh(target, options)).rejects.toMatchObject({
      code: 'HostKeyUnknown',
      message: expect.stringContaining(
        `StrictHostKeyChecking yes at ${join(laptop.home, '.ssh', 'config')}:2`,
      ),
    });
  });

  it('finds the key under HostKeyAlias, and says that @cert-authority does not count', async () => {
    laptop.write('.ssh/known_hosts', `prod-1 ${sshd.hostKey()}\n`);
    laptop.write('.ssh/config', 'HostKeyAlias prod-1\n');
    await (await connectSsh(target, laptop.options())).close();
    laptop.write('.ssh/known_hosts', `@cert-authority prod-* ${sshd.hostKey()}\n`);
    await expect(connectSsh(target, laptop.options())).rejects.toMatchObject({
      code: 'HostKeyUnknown',
      hint: expect.stringContaining('@cert-authority'),
    });
  });

  it('accepts and records many hosts at once without losing a line', async () => {
    const hosts = await Promise.all(
      [21, 22, 23, 24].map((n) => startSshd({ address: `127.0.0.${n}`, users: [{ name: 'root', uid: 0 }] })),
    );
    const options = laptop.options({ acceptNewHostKeys: true });
    await Promise.allSettled(hosts.map((h) => connectSsh(`nobody@${h.address}:${h.port}`, options)));
    const lines = laptop.read('.ssh/known_hosts').trim().split('\n').sort();
    expect(lines).toEqual(hosts.map((h) => h.knownHost()).sort());
    await Promise.all(hosts.map((h) => h.stop()));
  });
});
