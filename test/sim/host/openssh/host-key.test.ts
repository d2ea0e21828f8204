import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectOpenSsh } from '../../../../src/host/openssh/connect.ts';
import type { SshOptions } from '../../../../src/host/ssh/options.ts';
import { PROGRAMS } from '../../support/adapters.ts';
import { answering, type Laptop, makeLaptop } from '../../support/laptop.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

describeSim("host keys, by the system's ssh", () => {
  let laptop: Laptop;
  let sshd: Sshd;
  let target: string;
  const file = (name: string) => join(laptop.home, '.ssh', name);
  const configure = (text = '') =>
    laptop.write(
      '.ssh/config',
      `${text}\nIdentityFile ${file('id_ed25519')}\nUserKnownHostsFile ${file('known_hosts')}\nGlobalKnownHostsFile none\n`,
    );
  const connect = (more: Partial<SshOptions> = {}) => connectOpenSsh(target, laptop.options(more), PROGRAMS);

  beforeAll(async () => {
    laptop = makeLaptop();
    sshd = await startSshd({
      address: '127.0.0.14',
      users: [{ name: 'root', uid: 0, authorizedKeys: [laptop.key()] }],
    });
    target = `root@${sshd.address}:${sshd.port}`;
  });
  beforeEach(() => {
    laptop.write('.ssh/known_hosts', '');
    configure();
  });
  afterAll(async () => {
    await sshd?.stop();
    await laptop?.clean();
  });

  const fingerprint = () =>
    execFileSync('ssh-keygen', ['-lf', join(sshd.root, 'host_ed25519.pub')], { encoding: 'utf8' }).split(
      ' ',
    )[1] ?? '';

  it('B16: asks about an unknown key with its fingerprint, and sends nothing on a no', async () => {
    const { prompts, asked } = answering({ hostKey: false });
    await expect(connect({ prompts })).rejects.toMatchObject({
      code: 'HostKeyUnknown',
      exit: 13,
      evidence: expect.stringContaining(fingerprint()),
      hint: expect.stringContaining('--accept-new-host-keys'),
    });
    expect(asked).toEqual([`hostKey [${sshd.address}]:${sshd.port} ${fingerprint()}`]);
    expect(laptop.read('.ssh/known_hosts')).toBe('');
    expect(sshd.log()).not.toContain('Accepted publickey');
  });

  it('records a key that was accepted, and does not ask again; or without asking, with the option', async () => {
    const { prompts, asked } = answering({ hostKey: true });
    for (let i = 0; i < 2; i++) await (await connect({ prompts })).close();
    expect(asked).toHaveLength(1);
    laptop.write('.ssh/known_hosts', '');
    await (await connect({ acceptNewHostKeys: true })).close();
    expect(laptop.read('.ssh/known_hosts')).toContain(sshd.hostKey());
  });

  it('B16: refuses a changed key, whatever flags and ssh_config say, with both fingerprints and the line', async () => {
    const other = laptop.key('other').split(' ').slice(0, 2).join(' ');
    laptop.write('.ssh/known_hosts', `# first\n[${sshd.address}]:${sshd.port} ${other}\n`);
    configure('StrictHostKeyChecking no');
    const { prompts, asked } = answering({ hostKey: true });
    const error = await connect({ prompts, acceptNewHostKeys: true }).catch((e) => e);
    expect(error).toMatchObject({ code: 'HostKeyChanged', exit: 13 });
    expect(error.evidence).toContain(fingerprint());
    expect(error.hint).toContain(`2d ${file('known_hosts')}`);
    expect(asked).toEqual([]);
  });

  it('asks about an unknown key though ssh_config would take any', async () => {
    configure('StrictHostKeyChecking no');
    await expect(connect()).rejects.toMatchObject({ code: 'HostKeyUnknown' });
  });

  it('refuses a revoked key, and one that ssh_config forbids to be new', async () => {
    laptop.write('.ssh/known_hosts', `@revoked * ${sshd.hostKey()}\n${sshd.knownHost()}\n`);
    await expect(connect({ acceptNewHostKeys: true })).rejects.toMatchObject({ code: 'HostKeyRevoked' });
    laptop.write('.ssh/known_hosts', '');
    configure('StrictHostKeyChecking yes');
    await expect(connect({ acceptNewHostKeys: true })).rejects.toMatchObject({
      code: 'HostKeyUnknown',
      message: expect.stringContaining('StrictHostKeyChecking yes'),
    });
  });
});
