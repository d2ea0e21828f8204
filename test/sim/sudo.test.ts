import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectSsh } from '../../src/host/ssh/connect.ts';
import { type Laptop, makeLaptop, run } from './support/laptop.ts';
import { type Sshd, startSshd } from './support/sshd.ts';
import { describeSim } from './support/tier.ts';

describeSim('the sudo of a sim host is the real one, with sudoers of its own', () => {
  let laptop: Laptop;
  let sshd: Sshd;
  beforeAll(async () => {
    laptop = makeLaptop();
    const authorizedKeys = [laptop.key()];
    sshd = await startSshd({
      users: [
        { name: 'free', uid: 1500, authorizedKeys, sudo: 'ALL=(ALL) NOPASSWD: ALL' },
        { name: 'asked', uid: 1501, authorizedKeys, sudo: 'ALL=(ALL) ALL', password: 'correct horse' },
        { name: 'denied', uid: 1502, authorizedKeys, password: 'correct horse' },
      ],
    });
    laptop.write('.ssh/known_hosts', `${sshd.knownHost()}\n`);
  });
  afterAll(async () => {
    await sshd?.stop();
    await laptop?.clean();
  });

  const as = async (user: string, command: string, input?: string) => {
    const connection = await connectSsh(`${user}@${sshd.address}:${sshd.port}`, laptop.options());
    return run(connection, command, input).finally(() => connection.close());
  };

  it('lets one user in without a password, asks one, and denies one', async () => {
    expect(await as('free', 'sudo -n id -u')).toMatchObject({ code: 0, stdout: '0\n' });
    expect(await as('asked', 'sudo -n id -u')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('a password is required'),
    });
    expect(await as('asked', "sudo -S -p '' id -u", 'correct horse\n')).toMatchObject({
      code: 0,
      stdout: '0\n',
    });
    expect(await as('asked', "sudo -S -p '' id -u", 'wrong\n')).toMatchObject({ code: 1 });
    expect(await as('denied', "sudo -S -p '' id -u", 'correct horse\n')).toMatchObject({ code: 1 });
  });

  it('finds the stubs first, as root too', async () => {
    const stub = `${sshd.root}/stub-bin/systemctl\n`;
    expect((await as('free', 'command -v systemctl')).stdout).toBe(stub);
    expect((await as('free', 'sudo -n sh -c "command -v systemctl"')).stdout).toBe(stub);
  });
});
