import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { connectSsh } from '../../../../src/host/ssh/connect.ts';
import { rememberAnswers } from '../../../../src/host/ssh/prompts.ts';
import { answering, type Laptop, makeLaptop, run } from '../../support/laptop.ts';
import { type Sshd, startSshd } from '../../support/sshd.ts';
import { describeSim } from '../../support/tier.ts';

describeSim('logging in', () => {
  let laptop: Laptop;
  let sshd: Sshd;
  let keys: Laptop;
  const file = (name: string) => join(laptop.home, '.ssh', name);
  const at = (user = 'deploy') => `${user}@${sshd.address}:${sshd.port}`;

  beforeAll(async () => {
    keys = makeLaptop();
    const authorizedKeys = [
      keys.key('plain'),
      keys.key('locked', { passphrase: 'open sesame' }),
      keys.key('rsa', { type: 'rsa' }),
      keys.key('ecdsa', { type: 'ecdsa' }),
    ];
    sshd = await startSshd({
      config: ['PasswordAuthentication yes', 'MaxAuthTries 4'],
      match: ['Match User both', 'AuthenticationMethods publickey,password'],
      users: [
        { name: 'deploy', uid: 1500, authorizedKeys, password: 'correct horse' },
        { name: 'both', uid: 1501, authorizedKeys, password: 'battery staple' },
      ],
    });
  });
  beforeEach(() => {
    laptop = makeLaptop();
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
    const connection = await connectSsh(at(), laptop.options({ identityFile: file(name) }));
    expect((await run(connection, 'id -un')).stdout).toBe('deploy\n');
    await connection.close();
  });

  it.each(['plain', 'rsa', 'ecdsa'])('uses the keys of a real ssh-agent: %s', async (name) => {
    laptop.env.SSH_AUTH_SOCK = await laptop.agent(name);
    await (await connectSsh(at(), laptop.options())).close();
    laptop.write('.ssh/config', 'IdentityAgent none\n');
    await expect(connectSsh(at(), laptop.options())).rejects.toMatchObject({ code: 'AuthenticationFailed' });
    laptop.write('.ssh/config', `IdentityAgent ${laptop.env.SSH_AUTH_SOCK}\n`);
    laptop.env.SSH_AUTH_SOCK = undefined;
    await (await connectSsh(at(), laptop.options())).close();
  });

  it('asks for a passphrase again when it is wrong, and once for many connections', async () => {
    const { prompts, asked } = answering({ passphrases: ['wrong', 'open sesame'] });
    const options = laptop.options({ identityFile: file('locked'), prompts: rememberAnswers(prompts) });
    for (const connection of await Promise.all([connectSsh(at(), options), connectSsh(at(), options)]))
      await connection.close();
    await (await connectSsh(at(), options)).close();
    expect(asked).toEqual([`passphrase ${file('locked')} 1`, `passphrase ${file('locked')} 2`]);
  });

  it('gives a key up after three wrong passphrases and says so', async () => {
    const { prompts, asked } = answering({ passphrases: ['a', 'b', 'c', 'open sesame'] });
    const options = laptop.options({ identityFile: file('locked'), prompts });
    await expect(connectSsh(at(), options)).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      exit: 14,
      evidence: expect.stringContaining(
        `${file('locked')}: it is encrypted, and the passphrase was wrong 3 times`,
      ),
    });
    expect(asked.filter((question) => question.startsWith('passphrase'))).toHaveLength(3);
  });

  it('does not ask for the passphrase where the agent holds the key, or the server does not want it', async () => {
    const { prompts, asked } = answering({});
    laptop.key('stranger', { passphrase: 'never asked' });
    await expect(
      connectSsh(at(), laptop.options({ identityFile: file('stranger'), prompts })),
    ).rejects.toMatchObject({ evidence: expect.stringContaining('stranger') });
    expect(asked).toEqual(['password deploy 1']);
    laptop.env.SSH_AUTH_SOCK = await laptop.agent('plain');
    await (await connectSsh(at(), laptop.options({ prompts }))).close();
    expect(asked).toHaveLength(1);
  });

  it('asks for a password where no key helps, three times at most', async () => {
    const right = answering({ passwords: ['wrong', 'correct horse'] });
    await (await connectSsh(at(), laptop.options({ prompts: right.prompts }))).close();
    expect(right.asked).toEqual(['password deploy 1', 'password deploy 2']);
    const wrong = answering({ passwords: ['1', '2', '3', 'correct horse'] });
    await expect(connectSsh(at(), laptop.options({ prompts: wrong.prompts }))).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      evidence: expect.stringContaining('password: refused'),
    });
    expect(wrong.asked).toHaveLength(3);
  });

  it('gives key and password where the server wants both', async () => {
    const both = answering({ passwords: ['battery staple'] });
    const options = laptop.options({ identityFile: file('plain'), prompts: both.prompts });
    await (await connectSsh(at('both'), options)).close();
    expect(both.asked).toEqual(['password both 1']);
    await expect(
      connectSsh(at('both'), laptop.options({ identityFile: file('plain') })),
    ).rejects.toMatchObject({
      evidence: expect.stringMatching(/plain.*accepted, but the server wants more[\s\S]*password: offered/),
    });
  });

  it('names what was tried for a user whom the host does not know', async () => {
    laptop.write(
      '.ssh/config',
      'IdentityFile ~/.ssh/missing\nIdentityFile ~/.ssh/plain\nCertificateFile ~/.ssh/c\n',
    );
    const error = await connectSsh(at('ghost'), laptop.options()).catch((e) => e);
    expect(error).toMatchObject({
      code: 'AuthenticationFailed',
      message: expect.stringContaining('refused to log in ghost'),
      hint: expect.stringContaining('--identity-file'),
    });
    expect(error.evidence).toMatch(/missing: no such file/);
    expect(error.evidence).toMatch(/publickey .*plain \(SHA256:\S+\): refused/);
    expect(error.evidence).toMatch(/config:3: certificatefile was left aside/);
  });

  it('passes over a key that others may read, as ssh does', async () => {
    chmodSync(file('plain'), 0o644);
    await expect(connectSsh(at(), laptop.options({ identityFile: file('plain') }))).rejects.toMatchObject({
      evidence: expect.stringContaining('mode 644'),
    });
  });

  it('stays within MaxAuthTries with IdentitiesOnly, and says what to do without', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) laptop.key(name);
    laptop.env.SSH_AUTH_SOCK = await laptop.agent(...names, 'rsa');
    await expect(connectSsh(at(), laptop.options())).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      hint: expect.stringContaining('IdentitiesOnly'),
    });
    laptop.write('.ssh/config', `IdentitiesOnly yes\nIdentityFile ${file('rsa')}\n`);
    await (await connectSsh(at(), laptop.options())).close();
  });

  it('works without HOME, agent or any key: the error says that nothing could be tried', async () => {
    const bare = laptop.options({
      env: { USER: 'deploy', HOME: '/nonexistent' },
      knownHostsFile: file('known_hosts'),
    });
    await expect(connectSsh(at(), { ...bare, configFiles: [] })).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      evidence: expect.stringContaining('password: offered by the server, none was given'),
    });
  });

  it('answers keyboard-interactive questions (PAM), and gives up without an answer', async () => {
    const pam = await startSshd({
      address: '127.0.0.13',
      config: ['UsePAM yes', 'KbdInteractiveAuthentication yes'],
      users: [{ name: 'deploy', uid: 1500, password: 'correct horse' }],
    });
    laptop.write('.ssh/known_hosts', `${pam.knownHost()}\n`);
    const target = `deploy@${pam.address}:${pam.port}`;
    const right = answering({ passwords: ['wrong', 'correct horse'] });
    const connection = await connectSsh(target, laptop.options({ prompts: right.prompts }));
    expect((await run(connection, 'id -un')).stdout).toBe('deploy\n');
    await connection.close();
    expect(right.asked).toEqual(['password deploy 1', 'password deploy 2']);
    const none = answering({});
    const attempt = connectSsh(target, laptop.options({ prompts: none.prompts }));
    await expect(attempt).rejects.toMatchObject({
      code: 'AuthenticationFailed',
      evidence: expect.stringContaining('keyboard-interactive: refused'),
    });
    expect(none.asked).toHaveLength(1);
    await pam.stop();
  });
});
