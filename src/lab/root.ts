import { randomUUID } from 'node:crypto';
import { chmod, cp, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../artifacts/package-root.ts';
import { must } from './command.ts';
import { mountOverlay } from './mounts.ts';
import { type HostRecord, hostFolder, type LabRecord, writeAtomically } from './record.ts';

/** Folders that have to lie on a real file system: overlayfs takes no overlay as its upper layer. */
export const DATA_FOLDERS = ['containerd', 'kubelet', 'etcd'] as const;
/** A container has no console to log in at, and no business trimming this machine's disks or fetching packages. */
const MASKED = [
  'console-getty.service',
  'getty@tty1.service',
  'systemd-networkd.service',
  'systemd-networkd.socket',
  'apt-daily.timer',
  'apt-daily-upgrade.timer',
  'fstrim.timer',
  'e2scrub_all.timer',
  'e2scrub_reap.service',
  'dpkg-db-backup.timer',
];
/** Debian's settings of the kernel: a lab host shares it with this machine, whose settings they are not. */
const SYSCTL_FILES = ['50-pid-max.conf', '99-protect-links.conf'];
const UNIT = 'etc/systemd/system/kubewright-lab-host.service';

export function hostRoot(record: LabRecord, host: HostRecord): string {
  return join(hostFolder(record, host), 'root');
}

/** Mounts the host's root and, the first time, gives it what makes it a machine of its own. */
export async function prepareRoot(record: LabRecord, host: HostRecord): Promise<void> {
  const folder = hostFolder(record, host);
  for (const name of ['upper', 'work', 'root', ...DATA_FOLDERS]) {
    await mkdir(join(folder, name), { recursive: true, mode: 0o755 });
  }
  // etcd refuses a data folder that others can read; the kubelet and containerd make their own choice below theirs.
  await chmod(join(folder, 'etcd'), 0o700);
  const root = hostRoot(record, host);
  await mountOverlay(record.base, join(folder, 'upper'), join(folder, 'work'), root);
  const settings = join(root, 'etc/default/kubewright-lab');
  if (!(await exists(settings))) await personalize(record, host, root, settings);
}

async function personalize(
  record: LabRecord,
  host: HostRecord,
  root: string,
  settings: string,
): Promise<void> {
  await writeFile(join(root, 'etc/hostname'), `${host.name}\n`);
  await writeFile(join(root, 'etc/machine-id'), `${randomUUID().replaceAll('-', '')}\n`);
  // Nothing answers there, at once: a look-up fails fast instead of waiting, and CoreDNS has an address to name.
  await writeFile(
    join(root, 'etc/resolv.conf'),
    `nameserver ${record.gateway}\noptions timeout:1 attempts:1\n`,
  );
  await mkdir(join(root, 'root/.ssh'), { recursive: true, mode: 0o700 });
  const key = await readFile(`${record.identityFile}.pub`);
  await writeFile(join(root, 'root/.ssh/authorized_keys'), key, { mode: 0o600 });
  const hostKey = join(root, 'etc/ssh/ssh_host_ed25519_key');
  await rm(hostKey, { force: true });
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', host.name, '-f', hostKey]);
  const program = 'usr/local/sbin/kubewright-lab-host';
  for (const path of [UNIT, program]) await cp(join(packageRoot(), 'templates/lab', path), join(root, path));
  await chmod(join(root, program), 0o755);
  await link(`/${UNIT}`, join(root, 'etc/systemd/system/sysinit.target.wants/kubewright-lab-host.service'));
  for (const unit of MASKED) await link('/dev/null', join(root, 'etc/systemd/system', unit));
  for (const file of SYSCTL_FILES) await link('/dev/null', join(root, 'etc/sysctl.d', file));
  const prefix = record.cidr.split('/')[1];
  // Last: it also says that the rest is there.
  await writeAtomically(settings, `ADDRESS=${host.address}/${prefix}\nGATEWAY=${record.gateway}\n`, 0o644);
}

async function link(target: string, path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true });
  await rm(path, { force: true });
  await symlink(target, path);
}

/** The line of known_hosts for a host, from its own key file: nothing is asked over the network. */
export async function knownHostsLine(record: LabRecord, host: HostRecord): Promise<string> {
  const text = await readFile(join(hostRoot(record, host), 'etc/ssh/ssh_host_ed25519_key.pub'), 'utf8');
  return `${host.name},${host.address} ${text.split(' ').slice(0, 2).join(' ')}\n`;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
