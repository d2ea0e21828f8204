import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { poll } from '../../../src/base/wait.ts';
import { answers, childrenOf, descendantsOf, freePort, makeKey } from '../support/sshd.ts';
import { makeRoot, STATE } from './host-root.ts';
import { Disk } from './tree.ts';

/** A machine with a real sshd, a disk of plain files and a kernel of files; what runs on it is src of this folder. */
export interface SimHost {
  name: string;
  /** As the cluster knows it. Nobody listens there: connections to it end at `loopback`. */
  address: string;
  /** One of 127.0.0.0/8: sshd and the simulated servers listen there. */
  loopback: string;
  port: number;
  /** Line of known_hosts. */
  knownHost: string;
  disk: Disk;
  /** Where a path of the host lies on this machine. */
  at(path: string): string;
  /** Processes of logins that are still there. */
  logins(): number;
  /** Each of them with SIGKILL, whatever it is doing. */
  killLogins(): void;
  /** The power is cut: nothing of it runs any more, and nobody reaches it. */
  readonly off: boolean;
  powerOff(): Promise<void>;
  /** Boots from the disk that it has, at the same address. */
  powerOn(): Promise<void>;
  stop(): Promise<void>;
}

/** Memory, where there is some: every operation waits for the disk several times. */
const FAST = '/dev/shm';

export async function startHost(
  name: string,
  address: string,
  loopback: string,
  key: string,
): Promise<SimHost> {
  const folder = mkdtempSync(join(existsSync(FAST) ? FAST : tmpdir(), 'kubewright-world-'));
  makeRoot(folder, { name, address, key });
  const port = await freePort(loopback);
  makeKey(join(folder, 'fs/sshd/host_key'), 'ed25519');
  const config = [
    `ListenAddress ${loopback}`,
    `Port ${port}`,
    'HostKey /sshd/host_key',
    ...['UsePAM no', 'PidFile none', 'StrictModes no', 'PermitRootLogin yes', 'PasswordAuthentication no'],
    ...['KbdInteractiveAuthentication no', 'MaxStartups 100', 'MaxSessions 100'],
    'PrintMotd no',
  ];
  writeFileSync(join(folder, 'fs/sshd/config'), `${config.join('\n')}\n`);
  let child: ChildProcess;
  let off = true;
  const powerOn = async () => {
    child = boot(folder, name);
    const up = await poll({ intervalMs: 20, timeoutMs: 20_000 }, async () =>
      child.exitCode !== null || (await answers(loopback, port)) ? true : undefined,
    );
    if (!up || child.exitCode !== null) {
      const said = readFileSync(join(folder, 'log'), 'utf8');
      await stop();
      throw new Error(`the host ${name} did not start: ${said}`);
    }
    off = false;
  };
  const powerOff = async () => {
    off = true;
    await end(child);
  };
  const stop = async () => {
    await powerOff();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  await powerOn();
  const hostKey = readFileSync(join(folder, 'fs/sshd/host_key.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
  return {
    name,
    address,
    loopback,
    port,
    knownHost: `[${loopback}]:${port} ${hostKey}`,
    disk: new Disk(folder, STATE),
    at: (path) => placeOf(folder, path),
    get off() {
      return off;
    },
    powerOff,
    powerOn: async () => {
      bootDisk(folder);
      await powerOn();
    },
    logins: () => loginsOf(child.pid!).length,
    killLogins: () => {
      for (const pid of loginsOf(child.pid!)) kill(pid);
    },
    stop,
  };
}

function placeOf(folder: string, path: string): string {
  for (const [own, at] of [
    ['/usr/local', 'local'],
    ['/usr/libexec', 'libexec'],
    ['/proc/sys', 'sys'],
  ] as const) {
    if (path.startsWith(own)) return join(folder, at, path.slice(own.length));
  }
  return join(folder, 'fs', path);
}

function boot(folder: string, name: string): ChildProcess {
  const script = `set -e
hostname "$2"
cd "$1"
mount --bind /usr fs/usr
mount -o remount,bind,ro fs/usr
mount --bind local fs/usr/local
mount --bind libexec fs/usr/libexec
mount -t proc proc fs/proc
mount --bind sys fs/proc/sys
mount --rbind /dev fs/dev
exec chroot fs /usr/sbin/sshd -D -e -f /sshd/config`;
  const unshare = ['--mount', '--pid', '--uts', '--fork', '--kill-child', '--propagation', 'private'];
  const log = join(folder, 'log');
  return spawn(
    'setpriv',
    [
      '--pdeathsig',
      'KILL',
      'unshare',
      ...unshare,
      'sh',
      '-c',
      `{ ${script}\n} 2>"${log}"`,
      'sh',
      folder,
      name,
    ],
    { stdio: 'ignore', env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
  );
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/** What a boot makes of a disk: an empty /run, another boot id, and of all units those that are enabled. */
function bootDisk(folder: string): void {
  const fs = (...path: string[]) => join(folder, 'fs', ...path);
  for (const name of readdirSync(fs('run')))
    if (name !== 'sshd') rmSync(fs('run', name), { recursive: true });
  rmSync(fs('stub-state/pods'), { recursive: true, force: true });
  const units = fs('stub-state/units');
  for (const file of readdirSync(units).filter((name) => name.endsWith('.active'))) {
    const enabled = join(units, file.replace(/active$/, 'enabled'));
    const starts = existsSync(enabled) && readFileSync(enabled, 'utf8').trim() === 'enabled';
    writeFileSync(join(units, file), starts ? 'active\n' : 'inactive\n');
  }
  writeFileSync(join(folder, 'sys/kernel/random/boot_id'), `${randomUUID()}\n`);
}

/** All but unshare and the sshd that listens. */
function loginsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((sshd) =>
    childrenOf(sshd).flatMap((child) => [child, ...descendantsOf(child)]),
  );
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
