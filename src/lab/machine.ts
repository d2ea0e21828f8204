import { spawn } from 'node:child_process';
import { open, readFile, rm, stat } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { packageRoot } from '../artifacts/package-root.ts';
import { KubewrightError } from '../base/errors.ts';
import { poll } from '../base/wait.ts';
import { type CgroupLayout, cgroupFolders, makeCgroups, removeCgroups } from './cgroups.ts';
import { lastLines, run } from './command.ts';
import { waitForVethGone } from './network.ts';
import { identify, isAlive, killAll } from './processes.ts';
import { type HostRecord, hostFolder, type LabRecord } from './record.ts';
import { DATA_FOLDERS, hostRoot } from './root.ts';

/** What systemd-nspawn refuses by default and a node needs: mounting, eBPF, keyrings of runc. */
const SYSTEM_CALLS = '@keyring bpf perf_event_open @module @mount @privileged';
const SYSTEMD_SLICE = 'kubewright.slice';

/** The host's own cgroup in every hierarchy, whether it runs or not. */
export async function hostCgroups(
  layout: CgroupLayout,
  record: LabRecord,
  host: HostRecord,
): Promise<string[]> {
  if (!(await usesScope(layout))) return cgroupFolders(layout, join(record.cgroup, host.name));
  return cgroupFolders(layout, join(SYSTEMD_SLICE, `${scopeName(host)}.scope`));
}

/** On cgroup v2 systemd owns the tree: it hands out a delegated scope, and we make no folder beside its own. */
async function usesScope(layout: CgroupLayout): Promise<boolean> {
  if (layout.version !== 2) return false;
  return (await readFile('/proc/1/comm', 'utf8')).trim() === 'systemd';
}

function scopeName(host: HostRecord): string {
  return `kubewright-${host.machine}`;
}

/**
 * Starts a prepared host, detached: it outlives this process. Its processes of before must be gone.
 * Answers as soon as its keeper runs; `waitUntilUp` waits for the rest.
 */
export async function start(layout: CgroupLayout, record: LabRecord, host: HostRecord): Promise<void> {
  const argv = await keeperCommand(layout, record, host);
  const log = await open(join(hostFolder(record, host), 'console.log'), 'w', 0o600);
  try {
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      cwd: '/',
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', SYSTEMD_NSPAWN_API_VFS_WRITABLE: '1' },
    });
    child.on('error', () => undefined);
    child.unref();
    host.process = child.pid === undefined ? undefined : await identify(child.pid);
  } finally {
    await log.close();
  }
}

async function keeperCommand(layout: CgroupLayout, record: LabRecord, host: HostRecord): Promise<string[]> {
  const scope = await usesScope(layout);
  if (!scope) record.addedControllers.push(...(await makeCgroups(layout, join(record.cgroup, host.name))));
  const keeper = join(packageRoot(), 'templates/lab/keep-host.sh');
  const groups = await hostCgroups(layout, record, host);
  const argv = ['/bin/sh', keeper, ...groups, '--', ...nspawnCommand(record, host)];
  if (!scope) return argv;
  const unit = [`--slice=${SYSTEMD_SLICE}`, `--unit=${scopeName(host)}`, '--property=Delegate=yes'];
  return ['systemd-run', '--scope', '--quiet', '--collect', ...unit, '--', ...argv];
}

function nspawnCommand(record: LabRecord, host: HostRecord): string[] {
  const folder = hostFolder(record, host);
  return [
    'systemd-nspawn',
    `--directory=${hostRoot(record, host)}`,
    '--boot',
    '--quiet',
    '--register=no',
    '--keep-unit',
    `--machine=${host.machine}`,
    `--hostname=${host.name}`,
    `--network-bridge=${record.bridge}`,
    '--capability=all',
    '--private-users=no',
    `--system-call-filter=${SYSTEM_CALLS}`,
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--bind-ro=/dev/kmsg',
    ...DATA_FOLDERS.map((name) => `--bind=${join(folder, name)}:/var/lib/${name}`),
    ...host.binds.map((bind) => `--bind-ro=${bind}`),
  ];
}

/** Until sshd greets; at most a minute. @throws KubewrightError LabHostDown with the end of the console */
export async function waitUntilUp(record: LabRecord, host: HostRecord): Promise<void> {
  const up = await poll({ intervalMs: 100, timeoutMs: 60_000 }, async () => {
    if (!(await isAlive(host.process))) return 'ended';
    return (await greets(host.address, record.port)) ? 'up' : undefined;
  });
  if (up === 'up') return;
  const log = join(hostFolder(record, host), 'console.log');
  throw new KubewrightError({
    code: 'LabHostDown',
    message:
      up === 'ended'
        ? `The lab host ${host.name} ended while it booted.`
        : `No sshd on ${host.name} after 60 s.`,
    hint: `Its console is in ${log}. \`kubewright lab up --lab ${record.lab}\` tries again.`,
    host: host.name,
    evidence: lastLines(await readFile(log, 'utf8').catch(() => '')),
    exit: 'lab',
  });
}

function greets(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 1000 });
    const answer = (up: boolean): void => {
      socket.destroy();
      resolve(up);
    };
    socket.once('data', (data) => answer(data.toString('latin1').startsWith('SSH-2.0')));
    socket.once('error', () => answer(false));
    socket.once('timeout', () => answer(false));
    socket.once('close', () => answer(false));
  });
}

/** Ends every process of the host at once, as a power cut does, and waits until its veth and cgroups are gone too. */
export async function cut(layout: CgroupLayout, record: LabRecord, host: HostRecord): Promise<void> {
  const cgroups = await hostCgroups(layout, record, host);
  const survivors = await killAll(host.process, cgroups);
  await waitForVethGone(host.machine);
  const folders = await removeCgroups(cgroups);
  await forgetMachine(record, host);
  if (survivors.length === 0 && folders.length === 0) return;
  throw new KubewrightError({
    code: 'LabHostStuck',
    message: `The lab host ${host.name} could not be ended.`,
    hint: 'A process waits in the kernel; the same command again usually ends it.',
    host: host.name,
    evidence: [...survivors.map((pid) => `process ${pid}`), ...folders].join('\n'),
    exit: 'lab',
  });
}

/** What systemd-nspawn keeps under /run for a machine and leaves when it is killed. */
async function forgetMachine(record: LabRecord, host: HostRecord): Promise<void> {
  const runtime = '/run/systemd/nspawn';
  for (const folder of ['propagate', 'unix-export']) {
    const path = join(runtime, folder, host.machine);
    await run(['umount', '--lazy', '--quiet', path]);
    await rm(path, { recursive: true, force: true });
  }
  const root = await stat(hostRoot(record, host)).catch(() => undefined);
  if (root) await rm(join(runtime, 'locks', `inode-${root.dev}:${root.ino}`), { force: true });
}
