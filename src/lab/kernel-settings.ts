import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Settings of the one kernel that all hosts share and that a kubelet changes when it starts
 * (pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables).
 */
const SHARED = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
  'fs/inotify/max_user_instances',
  'fs/inotify/max_user_watches',
];

/** Inotify is counted for all hosts together: each kubelet takes some 15 instances of the usual 128. */
const LEAST: Record<string, number> = {
  'fs/inotify/max_user_instances': 2048,
  'fs/inotify/max_user_watches': 262_144,
};

/** Their values now, by path below `root`; what this kernel does not have is left out. */
export async function readKernelSettings(root = '/proc/sys'): Promise<Record<string, string>> {
  const settings: Record<string, string> = {};
  for (const path of SHARED) {
    const value = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (value !== undefined) settings[path] = value.trim();
  }
  return settings;
}

/** Raises what several hosts together would exhaust; `restoreKernelSettings` takes it back with the last lab. */
export async function raiseKernelLimits(root = '/proc/sys'): Promise<void> {
  for (const [path, least] of Object.entries(LEAST)) {
    const value = await readFile(join(root, path), 'utf8').catch(() => undefined);
    if (value === undefined || Number(value) >= least) continue;
    await writeFile(join(root, path), String(least)).catch(() => undefined);
  }
}

/** Puts back what differs. A value that is refused stays: it is no reason to keep a lab. */
export async function restoreKernelSettings(
  settings: Record<string, string>,
  root = '/proc/sys',
): Promise<void> {
  const now = await readKernelSettings(root);
  for (const path of SHARED) {
    const before = settings[path];
    if (before === undefined || before === now[path]) continue;
    await writeFile(join(root, path), before).catch(() => undefined);
  }
}
