import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectOpenSsh } from '../../../../src/host/openssh/connect.ts';
import type { SshOptions } from '../../../../src/host/ssh/options.ts';
import { rememberAnswers } from '../../../../src/host/ssh/prompts.ts';
import { PROGRAMS } from '../../support/adapters.ts';
import { answering, type Laptop, makeLaptop, run } from '../../support/laptop.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

describeSim("logging in by the system's ssh", () => {
  let laptop: Laptop;
  let keys: Laptop;
  let sshd: Sshd;
  const file = (name: string) => join(laptop.home, '.ssh', name);
  const at = (user = 'deploy') => `${user}@${sshd.address}:${sshd.port}`;
  const connect = (target: string, more: Partial<SshOptions> = {}) =>
    connectOpenSsh(target, laptop.options({ knownHostsFile: file('known_hosts'), ...more }), PROGRAMS);

  beforeAll(async () => {
    keys = makeLaptop();
    const authorizedKeys = [
      keys.key('plain'),
      keys.key('locked', { passphrase: 'open sesame' }),
      keys.key('rsa', { type: 'rsa' }),
      keys.key('ecdsa', { type: 'ecdsa' }),
    ];
    sshd = await startSshd({
      config: ['PasswordAuthentication yes'],
      match: ['Match User both', 'AuthenticationMethods publickey,password'],
      users: [
        { name: 'deploy', uid: 1500, authorizedKeys, password: 'correct horse' },
        { name: 'both', uid: 1501, authorizedKeys, password: 'battery staple' },
      ],
    });
  });
  beforeEach(() => {
    laptop = makeLaptop();
    laptop.write('.ssh/config', 'IdentityFile none\nIdentityAgent none\n');
    laptop.write('.ssh/known_hosts', `${sshd.knownHost()}\n`);
    for (const name of ['plain', 'locked', 'rsa', 'ecdsa'])
      laptop.write(`.ssh/${name}`, keys.read(`.ssh/${name}`));
  });
  afterEach(() => laptop.clean());
  afterAll(async () => {
    await sshd?.stop();
    await keys?.clean();
  });

  it.each(['plain', 'rsa', 'ecdsa'])('uses a key file: %s', async (name) => {
    const connection = await connect(at(), { identityFile: file(name) });
    expect((await run(connection, 'id -un')).stdout).toBe('deploy\n');
    await connection.close();
  });

  it('uses the keys of a real ssh-agent', async () => {
    laptop.write('.ssh/config', '');
    laptop.env.SSH_AUTH_SOCK = await laptop.agent('plain');
    await (await connect(at())).close();
  });

  it('asks for a passphrase again when it is wrong, and once for many connections', async () => {
    const { prompts, asked } = answering({ passphrases: ['wrong', 'open sesame'] });
    const options = { identityFile: file('locked'), prompts: rememberAnswers(prompts) };
    await (await connect(at(), options)).close();
    await (await connect(at(), options)).close();
    expect(asked).toEqual([`passphrase ${file('locked')} 1`, `passphrase ${file('locked')} 2`]);
  });

  it('asks for a password where no key helps, three times at most', async () => {
    const right = answering({ passwords: ['wrong', 'correct horse'] });
    await (await connect(at(), { prompts: right.prompts })).close();
    expect(right.asked).toEqual(['password deploy 1', 'password deploy 2']);
    const wrong = answering({ passwords: ['1', '2', '3', 'correct horse'] });
    await expect(connect(at(), { prompts: wrong.prompts })).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      exit: 14,
      evidence: expect.stringContaining('password: refused'),
    });
    expect(wrong.asked).toHaveLength(3);
  });

  it('gives key and password where the server wants both', async () => {
    const both = answering({ passwords: ['battery staple'] });
    const options = { identityFile: file('plain'), prompts: both.prompts };
    await (await connect(at('both'), options)).close();
    expect(both.asked).toEqual(['password both 1']);
  });

  it('takes more time than a login may for a question to a person', async () => {
    const slow = answering({ passwords: ['correct horse'] });
    const password: typeof slow.prompts.password = async (question) => {
      await new Promise((resolve) => setTimeout(resolve, 2500));
      return slow.prompts.password(question);
    };
    const prompts = { ...slow.prompts, password };
    await (await connect(at(), { prompts, connectTimeoutMs: 2000 })).close();
  });

  it('names the keys that were tried for a user whom the host does not know', async () => {
    const error = await connect(at('ghost'), { identityFile: file('plain') }).catch((e) => e);
    expect(error).toMatchObject({
      code: 'AuthenticationFailed',
      message: expect.stringContaining('refused to log in ghost'),
      hint: expect.stringContaining('--identity-file'),
    });
    expect(error.evidence).toMatch(/plain ED25519 SHA256:\S+ explicit: offering public key/);
  });

  it('answers keyboard-interactive questions (PAM)', async () => {
    const pam = await startSshd({
      address: '127.0.0.13',
      config: ['UsePAM yes', 'KbdInteractiveAuthentication yes'],
      users: [{ name: 'deploy', uid: 1500, password: 'correct horse' }],
    });
    laptop.write('.ssh/known_hosts', `${pam.knownHost()}\n`);
    const right = answering({ passwords: ['wrong', 'correct horse'] });
    const connection = await connect(`deploy@${pam.address}:${pam.port}`, { prompts: right.prompts });
    expect((await run(connection, 'id -un')).stdout).toBe('deploy\n');
    await connection.close();
    expect(right.asked).toEqual(['password deploy 1', 'password deploy 2']);
    await pam.stop();
  });
});
