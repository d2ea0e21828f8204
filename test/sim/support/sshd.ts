import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { poll } from '../../../src/base/wait.ts';
import { type SimUser, writePrivateFiles } from './private-files.ts';

export type HostKeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface SshdOptions {
  /** One of 127.0.0.0/8; another one for each host of a test. */
  address?: string;
  users?: readonly SimUser[];
  /** Further sshd_config lines; the first value of a directive counts, so these win. */
  config?: readonly string[];
  /** Match blocks: they stand last. */
  match?: readonly string[];
  hostKeys?: readonly HostKeyType[];
  /** Folders of the machine that the host has of its own: a copy of /etc, all others empty at first. */
  privateFolders?: readonly string[];
  /** Use the port of an earlier one, to be the same host after a reinstallation. */
  port?: number;
}

export interface Sshd {
  address: string;
  port: number;
  /** The host's private root: stub-bin, home, and what a test works on. Deleted by stop(). */
  root: string;
  /** sshd's own process. */
  pid: number;
  /** `ssh-ed25519 AAAA…` */
  hostKey(type?: HostKeyType): string;
  /** A known_hosts line for it. */
  knownHost(type?: HostKeyType): string;
  log(): string;
  /** Process ids of the logins' sshd processes and everything below them. */
  sessionPids(): number[];
  stop(): Promise<void>;
}

export const STUBS = fileURLToPath(new URL('../stubs/', import.meta.url));

/**
 * A real sshd in a private mount and process namespace: own users, own sudoers, own /run; the machine's files stay
 * as they are. Ends with everything it started when stop() is called or this process dies.
 */
export async function startSshd(options: SshdOptions = {}): Promise<Sshd> {
  const { address = '127.0.0.5', users = [], hostKeys = ['ed25519'] } = options;
  const root = mkdtempSync(join(tmpdir(), 'kubewright-sim-'));
  chmodSync(root, 0o755);
  const port = options.port ?? (await freePort(address));
  const stubBin = join(root, 'stub-bin');
  const path = `${stubBin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;
  mkdirSync(stubBin);
  execFileSync('sh', ['-c', 'cp -R "$1"/. "$2" && chmod -R 755 "$2"', 'sh', STUBS, stubBin]);
  // For what stubs cannot do in a shell. Bound first: other binds may hide the place that it comes from.
  const node = join(stubBin, 'node');
  writeFileSync(node, '');
  const keys = hostKeys.map((type) => makeKey(join(root, `host_${type}`), type));
  const config = join(root, 'sshd_config');
  const lines = [
    ...(options.config ?? []),
    `ListenAddress ${address}`,
    `Port ${port}`,
    ...keys.map((key) => `HostKey ${key}`),
    'UsePAM no',
    'PidFile none',
    'StrictModes no',
    'PermitRootLogin yes',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    `SetEnv PATH=${path} KUBEWRIGHT_STUB_STATE=${join(root, 'stub-state')}`,
    'LogLevel VERBOSE',
    ...(options.match ?? []),
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  const folders = Object.fromEntries(
    (options.privateFolders ?? []).map((at) => [at, privateFolder(root, at)]),
  );
  const binds = { [node]: process.execPath, ...folders, ...writePrivateFiles(root, users, path) };
  const child = spawnInNamespace(root, config, binds);
  const logFile = join(root, 'sshd.log');
  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '');
  const stop = () => end(child, root);
  const up = await poll({ intervalMs: 20, timeoutMs: 10_000 }, async () =>
    child.exitCode !== null || (await answers(address, port)) ? true : undefined,
  );
  if (!up || child.exitCode !== null) {
    const said = log();
    await stop();
    throw new Error(`sshd did not start on ${address}:${port}: ${said}`);
  }
  const hostKey = (type: HostKeyType = hostKeys[0] ?? 'ed25519') =>
    readFileSync(join(root, `host_${type}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ')
      .trim();
  const pid = childrenOf(child.pid as number)[0] ?? 0;
  return {
    address,
    port,
    root,
    pid,
    hostKey,
    knownHost: (type) => `[${address}]:${port} ${hostKey(type)}`,
    log,
    sessionPids: () => descendantsOf(pid),
    stop,
  };
}

/** Where stubs look for it too: below the root. */
function privateFolder(root: string, at: string): string {
  const own = join(root, at);
  mkdirSync(dirname(own), { recursive: true });
  if (at === '/etc') execFileSync('cp', ['-a', at, own]);
  else mkdirSync(own, { recursive: true });
  return own;
}

export function makeKey(file: string, type: HostKeyType, passphrase = ''): string {
  mkdirSync(dirname(file), { recursive: true });
  execFileSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    ...(type === 'rsa' ? ['-b', '2048'] : []),
    '-N',
    passphrase,
    '-C',
    'sim',
    '-f',
    file,
  ]);
  return file;
}

export async function freePort(address: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, resolve);
  });
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function spawnInNamespace(root: string, config: string, binds: Record<string, string>): ChildProcess {
  const script = [
    'set -e',
    'mount -t tmpfs -o mode=755 tmpfs /run',
    'mkdir /run/sshd /run/systemd',
    'while [ $# -gt 1 ]; do [ ! -e "$2" ] || mount --bind "$1" "$2"; shift 2; done',
    `exec /usr/sbin/sshd -D -e -f ${config} 2>${join(root, 'sshd.log')}`,
  ].join('\n');
  const pairs = Object.entries(binds).flatMap(([target, source]) => [source, target]);
  const unshare = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc', '--propagation', 'private'];
  return spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', 'unshare', ...unshare, 'sh', '-c', script, 'sh', ...pairs],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
      // What a login gets must not depend on who runs the tests.
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
    },
  );
}

async function end(process: ChildProcess, root: string): Promise<void> {
  if (process.exitCode === null && process.signalCode === null) {
    const gone = new Promise((resolve) => process.once('exit', resolve));
    process.kill('SIGKILL');
    await gone;
  }
  rmSync(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

export function answers(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

export function childrenOf(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.trim().split(/\s+/).filter(Boolean).map(Number);
  } catch {
    // It has ended, before or while it was looked at.
    return [];
  }
}

export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}
