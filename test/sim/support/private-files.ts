import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A login that exists only in the private mount namespace of one sshd. */
export interface SimUser {
  name: string;
  uid: number;
  shell?: string;
  /** Without it only keys work. */
  password?: string;
  /** Public keys in authorized_keys form. */
  authorizedKeys?: readonly string[];
  /** ~/.bashrc, and so what `sh -c` logins of bash read. */
  bashrc?: string;
  /** A line of sudoers without the name, such as `ALL=(ALL) NOPASSWD: ALL`. */
  sudo?: string;
}

/** Writes passwd, shadow, group and sudoers with only these users, and their homes below `root`/home. */
export function writePrivateFiles(
  root: string,
  users: readonly SimUser[],
  path: string,
): Record<string, string> {
  const etc = join(root, 'private-etc');
  mkdirSync(etc, { recursive: true });
  const service = [
    'sshd:x:102:65534::/run/sshd:/usr/sbin/nologin',
    'nobody:x:65534:65534::/:/usr/sbin/nologin',
  ];
  const passwd = users.map(
    (u) => `${u.name}:x:${u.uid}:${u.uid}::${homeOf(root, u)}:${u.shell ?? '/bin/bash'}`,
  );
  const shadow = users.map((u) => `${u.name}:${u.password ? crypt(u.password) : '*'}:20000:0:99999:7:::`);
  const group = ['nogroup:x:65534:', 'sudo:x:27:', ...users.map((u) => `${u.name}:x:${u.uid}:`)];
  const sudo = users.flatMap((u) => (u.sudo ? [`${u.name} ${u.sudo}`] : []));
  const files: Record<string, [content: string[], mode: number]> = {
    passwd: [[...passwd, ...service], 0o644],
    shadow: [[...shadow, 'sshd:*:20000::::::', 'nobody:*:20000::::::'], 0o600],
    group: [group, 0o644],
    sudoers: [
      ['Defaults lecture=never', `Defaults secure_path="${path}"`, 'root ALL=(ALL) ALL', ...sudo],
      0o440,
    ],
  };
  for (const [name, [lines, mode]] of Object.entries(files)) {
    writeFileSync(join(etc, name), `${lines.join('\n')}\n`);
    chmodSync(join(etc, name), mode);
  }
  for (const user of users) writeHome(homeOf(root, user), user);
  return Object.fromEntries(Object.keys(files).map((name) => [join('/etc', name), join(etc, name)]));
}

export function homeOf(root: string, user: Pick<SimUser, 'name'>): string {
  return join(root, 'home', user.name);
}

function writeHome(home: string, user: SimUser): void {
  mkdirSync(home, { recursive: true, mode: 0o755 });
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  writeFileSync(join(home, '.ssh', 'authorized_keys'), `${(user.authorizedKeys ?? []).join('\n')}\n`);
  if (user.bashrc !== undefined) writeFileSync(join(home, '.bashrc'), user.bashrc);
  execFileSync('chown', ['-R', `${user.uid}:${user.uid}`, home]);
}

function crypt(password: string): string {
  return execFileSync('openssl', ['passwd', '-6', '-stdin'], { input: password, encoding: 'utf8' }).trim();
}
