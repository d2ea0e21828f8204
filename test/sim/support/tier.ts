import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { describe } from 'vitest';

const NEEDED = {
  '/usr/sbin/sshd': 'openssh-server',
  '/usr/bin/ssh-agent': 'openssh-client',
  '/usr/bin/sudo': 'sudo',
};

/**
 * Why the sim tier cannot run here; undefined when it can. As root on Debian or Ubuntu missing packages are
 * installed, saying so first; no service is started.
 */
function whySimCannotRun(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  if (process.getuid?.() !== 0) return 'it needs root, for a private mount namespace';
  const missing = Object.entries(NEEDED).flatMap(([file, name]) => (existsSync(file) ? [] : [name]));
  if (missing.length > 0 && !install(missing)) return `${missing.join(', ')} is missing`;
  try {
    execFileSync(
      'unshare',
      ['--mount', '--pid', '--fork', '--propagation', 'private', 'mount', '-t', 'tmpfs', 'x', '/run'],
      {
        stdio: 'pipe',
      },
    );
    return undefined;
  } catch (error) {
    return `private namespaces do not work: ${(error as { stderr?: Buffer }).stderr ?? error}`;
  }
}

function install(names: readonly string[]): boolean {
  if (!existsSync('/usr/bin/apt-get')) return false;
  process.stderr.write(`sim tier: installing ${names.join(', ')} with apt-get; no service is started\n`);
  // Maintainer scripts start services unless this policy says no; it goes again unless it was there before.
  const created = !existsSync('/usr/sbin/policy-rc.d');
  try {
    if (created) writeFileSync('/usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    try {
      apt('install', '-y', '--no-install-recommends', ...names);
    } catch {
      // A new machine has no package lists, or old ones.
      apt('update');
      apt('install', '-y', '--no-install-recommends', ...names);
    }
    return true;
  } catch (error) {
    process.stderr.write(`${(error as { stderr?: Buffer }).stderr ?? error}\n`);
    return false;
  } finally {
    if (created) rmSync('/usr/sbin/policy-rc.d', { force: true });
  }
}

function apt(...words: string[]): void {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  execFileSync('apt-get', ['-q', ...words], { stdio: 'pipe', env });
}

const reason = whySimCannotRun();
if (reason !== undefined) process.stderr.write(`\nSKIPPED: the sim tier does not run: ${reason}\n\n`);

/** `describe` of this tier: its tests count as skipped where sshd or root are not there. */
export const describeSim = describe.skipIf(reason !== undefined);
