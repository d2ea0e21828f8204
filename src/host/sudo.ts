import { KubewrightError } from '../base/errors.ts';

/** What sudo said when it did not start the applier; its messages in LC_ALL=C, sudo 1.8 to 1.9.17 and sudo-rs. */
export type SudoRefusal = 'password' | 'missing' | 'notAllowed' | 'tty' | 'other';

export function sudoRefusal(stderr: string, code: number | null): SudoRefusal {
  if (/must have a tty/.test(stderr)) return 'tty';
  if (/not in the sudoers|not allowed to|may not run sudo|no new privileges|not allowed/.test(stderr)) {
    return 'notAllowed';
  }
  if (/password is required|terminal is required|interactive authentication is required/i.test(stderr)) {
    return 'password';
  }
  if (code === 127 || /sudo.*(No such file|not found)/.test(stderr)) return 'missing';
  return 'other';
}

interface Words {
  code: string;
  message: (user: string, host: string) => string;
  hint: (user: string, host: string) => string;
}

const WORDS: Record<SudoRefusal | 'wrongPassword', Words> = {
  password: {
    code: 'SudoPasswordRequired',
    message: (user, host) => `sudo on ${host} wants a password for ${user}, and none was given`,
    hint: (user) =>
      `Give it with --ask-sudo-password or --sudo-password-file FILE, or allow ${user} NOPASSWD in sudoers.`,
  },
  wrongPassword: {
    code: 'SudoWrongPassword',
    message: (user, host) => `sudo on ${host} did not accept the password for ${user}`,
    hint: () => 'Try again with the right password. Nothing was changed on the host.',
  },
  missing: {
    code: 'SudoMissing',
    message: (user, host) => `${host} has no sudo, and ${user} is not root`,
    hint: (_user, host) => `Install sudo there, or log in as root: root@${host}.`,
  },
  notAllowed: {
    code: 'SudoNotAllowed',
    message: (user, host) => `sudo on ${host} does not allow ${user} to become root`,
    hint: (user, host) => `Add ${user} to the sudoers of ${host}, or log in as another user.`,
  },
  tty: {
    code: 'SudoRequiresTty',
    message: (_user, host) => `sudo on ${host} insists on a terminal (requiretty)`,
    hint: (user, host) => `Put "Defaults:${user} !requiretty" into the sudoers of ${host}.`,
  },
  other: {
    code: 'SudoFailed',
    message: (user, host) => `sudo on ${host} did not start a root shell for ${user}`,
    hint: (user, host) => `Find out with: ssh ${user}@${host} sudo -n true`,
  },
};

export function sudoError(
  refusal: SudoRefusal | 'wrongPassword',
  about: { user: string; host: string; stderr: string },
): KubewrightError {
  const words = WORDS[refusal];
  return new KubewrightError({
    code: words.code,
    message: words.message(about.user, about.host),
    hint: words.hint(about.user, about.host),
    host: about.host,
    evidence: about.stderr.trim().split('\n').slice(-5).join('\n'),
    exit: 'sudo',
  });
}
