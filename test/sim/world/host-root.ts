import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { STUBS } from '../support/sshd.ts';

export interface RootOptions {
  name: string;
  address: string;
  /** An authorized_keys line. */
  key: string;
}

/** Below a host's folder: what of it is the host's own state, and nothing else is. */
export const STATE = [
  'fs/etc',
  'fs/var',
  'fs/opt',
  'fs/run',
  'fs/lib',
  'fs/stub-state',
  'local',
  'libexec',
  'sys',
];

/**
 * The disk of a simulated host: a root of its own, in which only /usr is the machine's (read-only, with /usr/local and
 * /usr/libexec of its own), and the commands that would reach the machine's kernel are stubs.
 */
export function makeRoot(folder: string, { name, address, key }: RootOptions): void {
  const fs = join(folder, 'fs');
  for (const path of [
    'usr',
    'proc',
    'dev',
    'run/sshd',
    'tmp',
    'root/.ssh',
    'etc/systemd/system',
    'lib',
    'opt',
    'sshd',
  ])
    mkdirSync(join(fs, path), { recursive: true });
  for (const path of [
    'fs/var/lib',
    'fs/var/log',
    'fs/stub-state/units',
    'local/sbin',
    'local/bin',
    'libexec',
    'sys',
  ])
    mkdirSync(join(folder, path), { recursive: true });
  for (const path of ['bin', 'sbin', 'lib64'])
    if (existsSync(`/usr/${path}`)) symlinkSync(`usr/${path}`, join(fs, path));
  // A folder rather than a link: hosts make /lib/modules.
  for (const entry of readdirSync('/usr/lib')) {
    if (entry !== 'modules') symlinkSync(`/usr/lib/${entry}`, join(fs, 'lib', entry));
  }
  writeEtc(fs, name, key);
  writeStubs(folder, address);
  writeKernel(folder, name);
}

function writeEtc(fs: string, name: string, key: string): void {
  const files: Record<string, string> = {
    passwd: 'root:x:0:0::/root:/bin/sh\nsshd:x:102:65534::/run/sshd:/usr/sbin/nologin\n',
    shadow: 'root:*:20000:0:99999:7:::\nsshd:*:20000::::::\n',
    group: 'root:x:0:\nnogroup:x:65534:\n',
    hosts: '127.0.0.1 localhost\n',
    hostname: `${name}\n`,
    'machine-id': `${Buffer.from(name).toString('hex').padEnd(32, '0')}\n`,
    'os-release': 'ID=debian\nVERSION_ID="13"\nPRETTY_NAME="Debian GNU/Linux 13"\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nshadow: files\nhosts: files\n',
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(fs, 'etc', file), text);
  // Where Debian's awk is a link to.
  mkdirSync(join(fs, 'etc/alternatives'));
  if (existsSync('/usr/bin/mawk')) symlinkSync('/usr/bin/mawk', join(fs, 'etc/alternatives/awk'));
  chmodSync(join(fs, 'root/.ssh'), 0o700);
  writeFileSync(join(fs, 'root/.ssh/authorized_keys'), `${key}\n`, { mode: 0o600 });
}

/** In the first of the applier's places: they stand before the machine's own. */
function writeStubs(folder: string, address: string): void {
  cpSync(STUBS, join(folder, 'fs/stub-bin'), { recursive: true });
  const script = (name: string, text: string) => {
    const at = join(folder, 'local/sbin', name);
    writeFileSync(at, `#!/bin/sh\n${text}\n`);
    chmodSync(at, 0o755);
  };
  for (const name of ['systemctl', 'ctr']) {
    chmodSync(join(folder, 'fs/stub-bin', name), 0o755);
    script(name, `exec /stub-bin/${name} "$@"`);
  }
  script(
    'ip',
    `case "$*" in
'-o addr show') echo '2: eth0    inet ${address}/24 scope global eth0' ;;
'route show') echo 'default via ${address.replace(/\d+$/, '1')} dev eth0 src ${address}' ;;
esac`,
  );
  for (const name of ['ss', 'nft', 'modprobe', 'journalctl', 'iptables', 'sysctl']) script(name, 'exit 0');
}

/** /proc/sys is the host's own: kernel parameters are files. */
function writeKernel(folder: string, name: string): void {
  const files: Record<string, string> = {
    'kernel/random/boot_id': `${Buffer.from(name).toString('hex').padEnd(8, '0').slice(0, 8)}-0000-4000-8000-000000000000\n`,
    'net/ipv4/ip_forward': '0\n',
    'net/ipv6/conf/all/forwarding': '0\n',
    'net/bridge/bridge-nf-call-iptables': '0\n',
    'net/bridge/bridge-nf-call-ip6tables': '0\n',
    'net/netfilter/nf_conntrack_max': '131072\n',
    'vm/overcommit_memory': '0\n',
    'vm/panic_on_oom': '0\n',
    'kernel/panic': '0\n',
    'kernel/panic_on_oops': '0\n',
    'kernel/keys/root_maxkeys': '1000000\n',
    'kernel/keys/root_maxbytes': '25000000\n',
    'fs/inotify/max_user_instances': '128\n',
    'fs/inotify/max_user_watches': '65536\n',
  };
  for (const [file, text] of Object.entries(files)) {
    const at = join(folder, 'sys', file);
    mkdirSync(join(at, '..'), { recursive: true });
    writeFileSync(at, text);
  }
}
