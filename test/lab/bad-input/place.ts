import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { LabHost } from '../../../src/lab/port.ts';
import type { Cli, Outcome } from '../support/cli.ts';
import { shell, type TestLab } from '../support/lab.ts';

export const HOST = 'bad';

/** One host that is bare, and stays it. */
export interface Place {
  lab: TestLab;
  cli: Cli;
  host(): Promise<LabHost>;
}

/** Runs as root on the host, over the system's ssh; has to succeed. */
export async function on(place: Place, script: string): Promise<string> {
  const { exit, stdout, stderr } = await shell(await place.host(), script);
  expect(exit, `${script}\n${stderr}`).toBe(0);
  return stdout;
}

const FOLDERS = '/etc /usr/local /opt /var/lib/kubewright /var/lib/kubelet /var/lib/containerd';
const INVENTORY = `find ${FOLDERS} -printf '%p %y %m %s %T@ %l\\n' 2>/dev/null | sort`;

/** What `work` does leaves every name, size, mode and time of change on the host as it was. */
export async function unchanged<T>(place: Place, work: () => Promise<T>): Promise<T> {
  const before = (await on(place, INVENTORY)).split('\n');
  const done = await work();
  const after = (await on(place, INVENTORY)).split('\n');
  expect(before.length).toBeGreaterThan(100);
  expect(after.filter((line) => !before.includes(line))).toEqual([]);
  expect(before.filter((line) => !after.includes(line))).toEqual([]);
  return done;
}

/** A file in the folder of the command line, 0600. */
export async function file(place: Place, name: string, text: string): Promise<string> {
  const path = join(place.cli.folder(), name);
  await writeFile(path, text, { mode: 0o600 });
  await chmod(path, 0o600);
  return path;
}

/** An ssh_config with a known_hosts of its own, and the flags that name it. */
export async function sshFlags(place: Place, name: string, identity?: string): Promise<string[]> {
  const known = join(place.cli.folder(), `known_hosts.${name}`);
  const { identityFile } = await place.host();
  const lines = ['Host *', `  UserKnownHostsFile ${known}`, `  IdentityFile ${identity ?? identityFile}`];
  return [
    '--ssh-config',
    await file(place, `ssh_config.${name}`, `${lines.join('\n')}\n  IdentitiesOnly yes\n`),
  ];
}

export function knownHosts(place: Place, name: string): Promise<string> {
  return readFile(join(place.cli.folder(), `known_hosts.${name}`), 'utf8').catch(() => '');
}

/** The folder of our files is gone, or holds none of what an interrupted upload could leave. */
export async function expectNoStrays(place: Place): Promise<void> {
  const strays = "find / -xdev \\( -name '.kubewright-*' -o -name 'incomplete-*' \\) -not -path '/proc/*'";
  expect((await on(place, `${strays}; ls -A /run/kubewright 2>/dev/null; true`)).trim()).toBe('');
}

export async function reset(place: Place): Promise<void> {
  await place.cli.ok(['reset', HOST]);
}

export function says(outcome: Outcome, word: string | RegExp): void {
  expect(outcome.stdout + outcome.stderr).toMatch(word);
}
