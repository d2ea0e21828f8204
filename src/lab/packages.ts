import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { KubewrightError } from '../base/errors.ts';
import type { Reporter } from '../output/events.ts';
import { lastLines, run } from './command.ts';

/**
 * Debian's package names, and what shows that the thing is there on any distribution: a command on the path
 * (or in the folders of root's), or one of some files.
 */
const PROBES: Record<string, { command?: string; files?: string[] }> = {
  'systemd-container': { command: 'systemd-nspawn' },
  debootstrap: { command: 'debootstrap' },
  'debian-archive-keyring': { files: ['/usr/share/keyrings/debian-archive-keyring.gpg'] },
  nftables: { command: 'nft' },
  iproute2: { command: 'ip' },
  'openssh-client': { command: 'ssh-keygen' },
  'openssh-server': { files: ['/usr/sbin/sshd'] },
  'util-linux': { command: 'flock' },
  mount: { command: 'mount' },
  gcc: { command: 'gcc' },
  'libc6-dev': { files: ['/usr/include/stdio.h'] },
  'libseccomp-dev': { files: ['/usr/include/seccomp.h'] },
  'pkg-config': { command: 'pkg-config' },
};

/** What `lab up` needs on this machine. */
export const LAB_PACKAGES = [
  'systemd-container',
  'debootstrap',
  'debian-archive-keyring',
  'nftables',
  'iproute2',
  'openssh-client',
  'util-linux',
  'mount',
] as const;

/** What building the components from source needs besides Go. */
export const BUILD_PACKAGES = ['gcc', 'libc6-dev', 'libseccomp-dev', 'pkg-config', 'nftables'] as const;

export interface PackageOptions {
  reporter: Reporter;
  env?: Record<string, string | undefined>;
  /** What they are for, in words: "the lab". */
  purpose?: string;
}

/**
 * Sees to it that these operating-system packages are here. As root on Debian or Ubuntu it says so and installs
 * what is missing; elsewhere it names each.
 * @throws KubewrightError PackagesMissing (prerequisite)
 */
export async function ensurePackages(
  names: readonly string[],
  options: PackageOptions,
): Promise<{ installed: string[] }> {
  const missing = await missingPackages(names, options.env ?? process.env);
  if (missing.length === 0) return { installed: [] };
  const purpose = options.purpose ?? 'this';
  const debian = await isDebianLike();
  if (!debian || process.getuid?.() !== 0) throw packagesMissing(missing, purpose, debian);
  options.reporter.emit({
    type: 'message',
    level: 'info',
    text: `Installing operating-system packages for ${purpose} with apt-get: ${missing.join(' ')}`,
  });
  await aptInstall(missing, options.reporter);
  const still = await missingPackages(missing, options.env ?? process.env);
  if (still.length > 0) throw packagesMissing(still, purpose, debian);
  return { installed: missing };
}

export async function missingPackages(
  names: readonly string[],
  env: Record<string, string | undefined>,
): Promise<string[]> {
  const present = await Promise.all(names.map((name) => isPresent(name, env)));
  return names.filter((_, index) => !present[index]);
}

async function isPresent(name: string, env: Record<string, string | undefined>): Promise<boolean> {
  const probe = PROBES[name];
  if (!probe) return (await run(['dpkg-query', '-W', '-f=${Status}', name])).stdout.endsWith(' installed');
  const folders = [...(env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/bin', '/bin'];
  const files = probe.command ? folders.map((folder) => join(folder, probe.command ?? '')) : [];
  for (const file of [...files, ...(probe.files ?? [])]) {
    const found = await access(file, probe.command ? constants.X_OK : constants.R_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
}

async function aptInstall(names: readonly string[], reporter: Reporter): Promise<void> {
  const id = 'apt';
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const onLine = (line: string): void =>
    reporter.emit({ type: 'waiting', id, for: 'apt-get', seen: line.slice(0, 80) });
  const apt = (...args: string[]) => run(['apt-get', '-q', ...args], { env, onLine, timeoutSeconds: 900 });
  // A machine whose lists are fresh is spared the update.
  let result = await apt('install', '-y', '--no-install-recommends', ...names);
  if (result.exit !== 0) {
    await apt('update');
    result = await apt('install', '-y', '--no-install-recommends', ...names);
  }
  reporter.emit({ type: 'waiting', id, for: 'apt-get', finished: true });
  if (result.exit === 0) return;
  throw new KubewrightError({
    code: 'PackagesMissing',
    message: `apt-get could not install ${names.join(', ')}.`,
    hint: `Run \`apt-get update && apt-get install ${names.join(' ')}\`, then the same command again.`,
    evidence: lastLines(`${result.stdout}\n${result.stderr}`),
    exit: 'prerequisite',
  });
}

async function isDebianLike(): Promise<boolean> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(text);
}

function packagesMissing(names: readonly string[], purpose: string, debian: boolean): KubewrightError {
  return new KubewrightError({
    code: 'PackagesMissing',
    message: `Packages that ${purpose} needs are not installed here: ${names.join(', ')}.`,
    hint: debian
      ? `Run \`sudo apt-get install ${names.join(' ')}\`, then the same command again.`
      : 'Install them with your package manager (the names are those of Debian), then run the same command again.',
    exit: 'prerequisite',
  });
}
