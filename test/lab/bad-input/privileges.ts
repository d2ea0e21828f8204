import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { expectRefusal } from '../support/cli.ts';
import { file, HOST, on, type Place, reset, says, sshFlags, unchanged } from './place.ts';

const USERS = `for user in nobody-special asked; do
  useradd -m -s /bin/bash $user && install -d -m 700 -o $user /home/$user/.ssh
  install -m 600 -o $user /root/.ssh/authorized_keys /home/$user/.ssh/authorized_keys
  echo "$user:correct horse" | chpasswd
done
echo 'asked ALL=(ALL) ALL' >/etc/sudoers.d/asked`;
const GONE = 'userdel -r asked; userdel -r nobody-special; rm -f /etc/sudoers.d/asked; true';

export function refusesPrivileges(place: Place): void {
  describe('a login that is not root', () => {
    const { cli } = place;
    let flags: string[] = [];
    let right = '';
    let wrong = '';
    const as = async (user: string, ...more: string[]) => {
      const { address } = await place.host();
      const host = ['phase', 'init', 'host', `${user}@${address}`];
      return cli.run([...host, '--ignore-preflight-errors', 'all', ...flags, ...more]);
    };
    beforeAll(async () => {
      await on(place, USERS);
      flags = [...(await sshFlags(place, 'users')), '--accept-new-host-keys'];
      right = await file(place, 'right', 'correct horse\n');
      wrong = await file(place, 'wrong-password', 'incorrect horse\n');
    });
    afterAll(() => on(place, GONE));

    it('B15: whom sudo refuses is told in its words', async () => {
      const outcome = await unchanged(place, () => as('nobody-special', '--sudo-password-file', right));
      const words = [
        'does not allow nobody-special',
        'not in the sudoers',
        'Add nobody-special to the sudoers',
      ];
      expectRefusal(outcome, EXIT.sudo, ...words);
    });

    it('B15: whom sudo asks is told how to answer', async () => {
      const outcome = await unchanged(place, () => as('asked'));
      const words = [
        'wants a password for asked',
        'a password is required',
        '--sudo-password-file',
        'NOPASSWD',
      ];
      expectRefusal(outcome, EXIT.sudo, ...words);
    });

    it('a wrong password is refused, and not shown', async () => {
      const outcome = await unchanged(place, () => as('asked', '--sudo-password-file', wrong));
      expectRefusal(outcome, EXIT.sudo, 'did not accept the password for asked', 'Nothing was changed');
      expect(outcome.stdout + outcome.stderr).not.toContain('incorrect horse');
    });

    it('a password file that is not there, and a question without a terminal', async () => {
      const missing = await unchanged(place, () => as('asked', '--sudo-password-file', '/nonexistent/file'));
      expectRefusal(missing, EXIT.invalidInput, '--sudo-password-file', '/nonexistent/file', 'ENOENT');
      const asked = await unchanged(place, () => as('asked', '--ask-sudo-password'));
      expectRefusal(asked, EXIT.sudo, 'needs a terminal', '--sudo-password-file FILE');
    });

    it('the right password works', async () => {
      const outcome = await as('asked', '--sudo-password-file', right);
      says(outcome, /Phase host on \S+: changed [1-9]/);
      await reset(place);
    });
  });

  describe('a host of another kind', () => {
    const stub = '/usr/local/sbin/uname';
    const uname = (words: string) =>
      on(place, `printf '#!/bin/sh\\necho ${words}\\n' >${stub} && chmod 755 ${stub}`);
    afterAll(() => on(place, `rm -f ${stub}`));

    it.each([
      ['FreeBSD bad 14.1-RELEASE amd64', 'runs FreeBSD, not Linux'],
      [
        'Linux bad 6.1.0 riscv64',
        'has the architecture riscv64, for which there are no artifacts (amd64, arm64)',
      ],
    ])('%s is refused', async (words, why) => {
      await uname(words);
      const outcome = await unchanged(place, () => place.cli.run(['init', HOST]));
      expectRefusal(
        outcome,
        EXIT.unsupportedHost,
        `Error: ${HOST} ${why}`,
        'Choose a Linux host on amd64 or arm64',
      );
    });
  });
}
