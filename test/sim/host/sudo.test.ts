import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Connection } from '../../../src/host/connection.ts';
import { connectLocal } from '../../../src/host/local/connection.ts';
import { openHost } from '../../../src/host/session.ts';
import { prepareRoot } from './support/private-host.ts';

/** The words of real sudo, said by a script: what each makes of a run. The sim tier has the real one. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kubewright-sudo-'));
  prepareRoot(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function asAnn(sudo: string | undefined, password?: string) {
  const bin = join(root, 'login-bin');
  mkdirSync(bin);
  if (sudo) {
    writeFileSync(join(bin, 'sudo'), `#!/bin/sh\n${sudo}\n`);
    chmodSync(join(bin, 'sudo'), 0o755);
  }
  // Without a sudo of our own none may be found: the login sees nothing but these.
  if (!sudo) for (const name of ['env', 'sh']) symlinkSync(`/bin/${name}`, join(bin, name));
  const path = sudo ? `${bin}:/usr/bin:/bin` : bin;
  const connect = async (): Promise<Connection> => {
    const local = await connectLocal();
    const exec = (command: string) =>
      local.exec(`PATH='${path}'; export PATH; echo 'Welcome! noise'; printf hello; ${command}`);
    return {
      address: local.address,
      user: 'ann',
      exec,
      tunnel: local.tunnel,
      closed: local.closed,
      close: () => local.close(),
    };
  };
  let asked = 0;
  const sudoPassword = async () => {
    asked++;
    return password;
  };
  const host = await openHost('h1', connect, { prefix: root, sudoPassword });
  const write = { kind: 'write', id: 'w', path: '/etc/x', content: '1', mode: 0o600 } as const;
  const outcome = await host.apply([write]).then(
    () => 'done',
    (error) => error,
  );
  await host.apply([{ ...write, path: '/etc/y' }], { lane: 'bulk' }).catch(() => undefined);
  await host.close();
  return { outcome, asked, changed: existsSync(join(root, 'etc/x')) };
}

const needsPassword = `
case $1 in -n) echo 'sudo: a password is required' >&2; exit 1 ;; esac
[ "$1 $2" = '-S -p' ] || exit 99
prompt=$3; shift 3
tries=0
while [ $tries -lt 3 ]; do
  printf %s "$prompt" >&2
  IFS= read -r given
  [ "$given" != "se cr'et" ] || exec "$@"
  echo 'Sorry, try again.' >&2
  tries=$((tries + 1))
done
exit 1`;

it('works with sudo that asks for nothing, behind a login shell that talks', async () => {
  expect(await asAnn('[ "$1" = -n ] && shift; exec "$@"')).toEqual({
    outcome: 'done',
    asked: 0,
    changed: true,
  });
});

it('gives the password once for all lanes', async () => {
  expect(await asAnn(needsPassword, "se cr'et")).toEqual({ outcome: 'done', asked: 1, changed: true });
});

it.each([
  ['SudoWrongPassword', needsPassword, 'other'],
  ['SudoPasswordRequired', needsPassword, undefined],
  // What it said was lost on a busy machine, where its end was seen first.
  ['SudoPasswordRequired', "(sleep 0.4; echo 'sudo: a password is required' >&2) & exit 1", undefined],
  ['SudoRequiresTty', "echo 'sudo: sorry, you must have a tty to run sudo' >&2; exit 1", 'x'],
  ['SudoNotAllowed', "echo 'Sorry, user ann is not allowed to execute that as root on h1.' >&2; exit 1", 'x'],
  [
    'SudoNotAllowed',
    `case $1 in -n) echo 'sudo: a password is required' >&2; exit 1 ;; esac
     printf %s "$3" >&2; read -r given; echo 'ann is not in the sudoers file.' >&2; exit 1`,
    'x',
  ],
  ['SudoFailed', "echo 'sudo: error in /etc/sudoers' >&2; exit 1", 'x'],
])('B15: ends with %s and changes nothing', async (code, sudo, password) => {
  const { outcome, changed } = await asAnn(sudo, password);
  expect(outcome).toMatchObject({ code, exit: 15, host: 'h1' });
  expect(outcome.hint).toBeTruthy();
  expect(JSON.stringify([outcome.message, outcome.evidence])).not.toContain('kubewright-');
  expect(changed).toBe(false);
});

it('B15: says that sudo is missing', async () => {
  expect((await asAnn(undefined)).outcome).toMatchObject({ code: 'SudoMissing', exit: 15 });
});
