import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir } from '../base/dirs.ts';
import type { Reporter } from '../output/events.ts';
import { must } from './command.ts';
import { alone } from './lock.ts';
import { requireDisk } from './resources.ts';

const SUITE = 'bookworm';
const MIRROR = 'http://deb.debian.org/debian';
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'openssh-server',
  'iproute2',
  'iptables',
  'nftables',
  'ca-certificates',
  'curl',
  'procps',
  'kmod',
  'conntrack',
  'ethtool',
  'socat',
  'sudo',
];
/** Raised when what is done to the tree after debootstrap changes. */
const REVISION = 1;
const BYTES = 700e6;
/** Lines that debootstrap prints for this package list: retrieving, validating, extracting, unpacking, configuring. */
const TYPICAL_LINES = 735;

export interface BaseOptions {
  env: Record<string, string | undefined>;
  reporter: Reporter;
}

/**
 * The folder with the Debian tree that every lab host is an overlay over; made once with debootstrap (signatures
 * checked) and then only read. KUBEWRIGHT_DEBIAN_MIRROR names another mirror.
 */
export async function ensureBase(options: BaseOptions): Promise<string> {
  const folder = join(cacheDir(options.env), 'lab-base');
  const key = createHash('sha256')
    .update([SUITE, REVISION, ...PACKAGES].join(' '))
    .digest('hex');
  const base = join(folder, `${SUITE}-${key.slice(0, 12)}`);
  if (await exists(base)) return base;
  const purpose = 'making the base system of lab hosts';
  return alone({ folder, purpose, ...options }, async () => {
    if (!(await exists(base))) await build(folder, base, options);
    return base;
  });
}

async function build(folder: string, base: string, options: BaseOptions): Promise<void> {
  const { env, reporter } = options;
  for (const name of await readdir(folder)) {
    if (name.endsWith('.building')) await rm(join(folder, name), { recursive: true, force: true });
  }
  await requireDisk(folder, BYTES, 'the base system of the lab');
  const target = `${base}.building`;
  await mkdir(target, { mode: 0o755 });
  reporter.emit({
    type: 'message',
    level: 'info',
    text: 'Making the base system of lab hosts with debootstrap (once, about a minute)',
  });
  const id = 'lab-base';
  const progress = {
    type: 'progress',
    id,
    label: 'Base system',
    total: TYPICAL_LINES,
    unit: 'items',
  } as const;
  let done = 0;
  const onLine = (): void => reporter.emit({ ...progress, done: Math.min(++done, TYPICAL_LINES) });
  // A mount namespace of its own: what debootstrap mounts in the tree ends with it, however it ends.
  const argv = ['unshare', '--mount', 'debootstrap', '--variant=minbase', '--force-check-gpg'];
  argv.push(`--keyring=${KEYRING}`, `--include=${PACKAGES.join(',')}`, SUITE, target);
  argv.push(env.KUBEWRIGHT_DEBIAN_MIRROR || MIRROR);
  await must(argv, { onLine, timeoutSeconds: 900 });
  await makeAnonymous(target);
  await rename(target, base);
  reporter.emit({ ...progress, done: TYPICAL_LINES, finished: true });
}

/** Takes out what must differ between hosts, and what came from this machine. */
async function makeAnonymous(root: string): Promise<void> {
  const ssh = join(root, 'etc/ssh');
  const keys = (await readdir(ssh)).filter((name) => name.startsWith('ssh_host_'));
  for (const path of keys.map((name) => join(ssh, name))) await rm(path);
  for (const path of ['etc/machine-id', 'etc/hostname', 'etc/resolv.conf', 'var/cache/apt/archives']) {
    await rm(join(root, path), { recursive: true, force: true });
  }
  await mkdir(join(root, 'var/cache/apt/archives/partial'), { recursive: true });
  await writeFile(join(root, 'etc/machine-id'), '');
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
