import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectLocal } from '../../../../src/host/local/connection.ts';
import type { Host } from '../../../../src/host/port.ts';
import { type HostOptions, openHost } from '../../../../src/host/session.ts';

/** The shells of this machine that the applier has to run on. */
export const shells: Record<string, string[]> = Object.fromEntries(
  [
    ['sh', ['/bin/sh']],
    ['bash', ['/usr/bin/bash', '/bin/bash']],
    ['busybox ash', ['/usr/bin/busybox', '/bin/busybox', process.env.KUBEWRIGHT_TEST_BUSYBOX ?? '']],
  ].flatMap(([name, places]) => {
    const found = (places as string[]).find((place) => place !== '' && existsSync(place));
    return found ? [[name, name === 'busybox ash' ? [found, 'ash'] : [found]]] : [];
  }),
);

export interface PrivateHost extends AsyncDisposable {
  host: Host;
  /** The folder on this machine that is `/` to the host. */
  root: string;
  path(inside: string): string;
  /** Another session with the same root. */
  again(options?: HostOptions): Promise<Host>;
}

/** The real applier under a real shell, with a root of its own and stubs for systemctl and ctr. */
export async function privateHost(shell = ['/bin/sh'], options: HostOptions = {}): Promise<PrivateHost> {
  const root = mkdtempSync(join(tmpdir(), 'kubewright-host-'));
  prepareRoot(root);
  const again = (more: HostOptions = {}) =>
    openHost('here', () => connectLocal({ shell }), { prefix: root, ...more });
  const host = await again(options);
  return {
    host,
    root,
    path: (inside) => join(root, inside),
    again,
    async [Symbol.asyncDispose]() {
      await host.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export function prepareRoot(root: string): void {
  cpSync(join(import.meta.dirname, 'stub-bin'), join(root, 'stub-bin'), { recursive: true });
  mkdirSync(join(root, 'units'));
  writeFileSync(join(root, 'units', 'kubelet.service'), 'inactive\ndisabled\n');
  writeFileSync(join(root, 'units', 'broken.service'), 'inactive\ndisabled\n');
  mkdirSync(join(root, 'proc/sys/net/ipv4'), { recursive: true });
  writeFileSync(join(root, 'proc/sys/net/ipv4/ip_forward'), '0\n');
  writeFileSync(join(root, 'proc/sys/net/ipv4/ip_local_port_range'), '32768\t60999\n');
  mkdirSync(join(root, 'proc/sys/kernel/random'), { recursive: true });
  writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), 'boot-one\n');
  writeFileSync(join(root, 'proc/uptime'), '1000.00 1.00\n');
  symlinkSync('/nowhere', join(root, 'dangling'));
}

/** A file system of 4 MiB, for full disks; undefined where this user may not mount. */
export function smallDisk(place: string): Disposable | undefined {
  mkdirSync(place, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', place], { stdio: 'ignore' });
  } catch {
    return undefined;
  }
  return { [Symbol.dispose]: () => execFileSync('umount', [place]) };
}
