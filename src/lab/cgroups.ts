import { mkdir, readdir, readFile, rmdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { poll } from '../base/wait.ts';

const MOUNT = '/sys/fs/cgroup';
/** Every lab's folder lies in it, in every hierarchy. */
export const CGROUP_PARENT = 'kubewright-lab';

/** The cgroup hierarchies of this machine: one on v2; one a controller, systemd's own and `unified` on v1. */
export interface CgroupLayout {
  version: 1 | 2;
  hierarchies: string[];
}

export async function cgroupLayout(mount = MOUNT): Promise<CgroupLayout> {
  if (await exists(join(mount, 'cgroup.controllers'))) return { version: 2, hierarchies: [mount] };
  const hierarchies: string[] = [];
  for (const entry of await readdir(mount, { withFileTypes: true })) {
    // Links such as cpu → cpu,cpuacct are second names of the same hierarchy.
    if (entry.isDirectory() && (await exists(join(mount, entry.name, 'cgroup.procs')))) {
      hierarchies.push(join(mount, entry.name));
    }
  }
  return { version: 1, hierarchies: hierarchies.sort() };
}

/** Where `relative` lies in every hierarchy, whether it is there or not. */
export function cgroupFolders(layout: CgroupLayout, relative: string): string[] {
  return layout.hierarchies.map((hierarchy) => join(hierarchy, relative));
}

/** Makes `relative` in every hierarchy, ready to be joined. Answers the controllers it had to switch on at a v2 root. */
export async function makeCgroups(layout: CgroupLayout, relative: string): Promise<string[]> {
  const added: string[] = [];
  for (const hierarchy of layout.hierarchies) {
    let folder = hierarchy;
    for (const part of relative.split('/')) {
      const switched = layout.version === 2 ? await enableControllers(folder) : [];
      if (folder === hierarchy) added.push(...switched);
      const parent = folder;
      folder = join(folder, part);
      await mkdir(folder, { recursive: true });
      await inheritCpuset(parent, folder);
    }
  }
  return added;
}

/** Without cpus and mems of its own a v1 cpuset refuses every process; children made inside get theirs likewise. */
async function inheritCpuset(parent: string, folder: string): Promise<void> {
  if (!(await exists(join(folder, 'cgroup.clone_children')))) return;
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!(await exists(join(folder, file)))) return;
    if ((await readFile(join(folder, file), 'utf8')).trim() !== '') continue;
    await writeFile(join(folder, file), await readFile(join(parent, file), 'utf8'));
  }
  await writeFile(join(folder, 'cgroup.clone_children'), '1');
}

async function enableControllers(folder: string): Promise<string[]> {
  const words = async (file: string): Promise<string[]> =>
    (await readFile(join(folder, file), 'utf8')).trim().split(/\s+/).filter(Boolean);
  const enabled = await words('cgroup.subtree_control');
  const missing = (await words('cgroup.controllers')).filter((name) => !enabled.includes(name));
  const added: string[] = [];
  for (const name of missing) {
    // One that cannot be had (a realtime scheduler in the way of cpu) must not cost the others.
    const done = await writeFile(join(folder, 'cgroup.subtree_control'), `+${name}`).catch(() => 'refused');
    if (done !== 'refused') added.push(name);
  }
  return added;
}

/** Switches controllers at a v2 root off again; what others came to use meanwhile stays on. */
export async function disableControllers(layout: CgroupLayout, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const file = join(layout.hierarchies[0] ?? MOUNT, 'cgroup.subtree_control');
    await writeFile(file, `-${name}`).catch(() => undefined);
  }
}

/** Every process in these cgroups and below. */
export async function cgroupProcesses(folders: readonly string[]): Promise<Set<number>> {
  const pids = new Set<number>();
  for (const folder of folders) {
    for (const below of await descendants(folder)) {
      const text = await readFile(join(below, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const line of text.split('\n')) if (Number(line) > 0) pids.add(Number(line));
    }
  }
  return pids;
}

/** Removes empty cgroups, innermost first. The kernel frees them a moment after their last process. */
export async function removeCgroups(folders: readonly string[], timeoutMs = 10_000): Promise<string[]> {
  const left = async (): Promise<string[]> => {
    const remaining: string[] = [];
    for (const folder of folders) {
      for (const below of (await descendants(folder)).reverse()) {
        await rmdir(below).catch((error) => error.code !== 'ENOENT' && remaining.push(below));
      }
    }
    return remaining;
  };
  let remaining: string[] = [];
  await poll({ intervalMs: 100, timeoutMs }, async () => {
    remaining = await left();
    return remaining.length === 0 ? true : undefined;
  });
  return remaining;
}

/** Outermost first; empty where the folder is not. */
async function descendants(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => undefined);
  if (!entries) return [];
  const below = entries.filter((entry) => entry.isDirectory()).map((entry) => join(folder, entry.name));
  return [folder, ...(await Promise.all(below.map(descendants))).flat()];
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
