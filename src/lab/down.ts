import { rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mapLimit } from '../base/concurrency.ts';
import type { Reporter } from '../output/events.ts';
import { CGROUP_PARENT, cgroupFolders, cgroupLayout, disableControllers, removeCgroups } from './cgroups.ts';
import { restoreKernelSettings } from './kernel-settings.ts';
import { alone } from './lock.ts';
import { cut } from './machine.ts';
import { removeFolder } from './mounts.ts';
import { checkLabName } from './names.ts';
import { removeBridge } from './network.ts';
import { type LabRecord, labNames, labsFolder, lockFolder, readRecord } from './record.ts';
import { requireRoot } from './root-user.ts';

export interface LabDownOptions {
  lab: string;
  env: Record<string, string | undefined>;
  reporter: Reporter;
}

/**
 * Removes what the lab made: processes, mounts, cgroups, bridge, folder. Nothing to do is no error.
 * Answers the names of the hosts that there were. @throws KubewrightError RootNeeded, LabHostStuck, LabMountsStuck
 */
export async function labDown(options: LabDownOptions): Promise<{ lab: string; removed: string[] }> {
  const { lab, env } = options;
  requireRoot();
  checkLabName(lab);
  const lock = { folder: lockFolder(env, lab), purpose: `ending the lab ${lab}`, ...options };
  return alone(lock, async () => {
    const record = await readRecord(env, lab);
    if (record) await endMachines(record, options.reporter);
    // A run that was killed before its first record leaves a folder and nothing else.
    await removeFolder(join(labsFolder(env), lab));
    if (record && (await labNames(env)).length === 0) await restoreKernelSettings(record.kernelSettings);
    return { lab, removed: record?.hosts.map((host) => host.name) ?? [] };
  });
}

async function endMachines(record: LabRecord, reporter: Reporter): Promise<void> {
  const layout = await cgroupLayout();
  const label = `Ending lab ${record.lab}`;
  let done = 0;
  await mapLimit(record.hosts, 4, async (host) => {
    await cut(layout, record, host);
    const total = record.hosts.length;
    reporter.emit({
      type: 'progress',
      id: label,
      label,
      done: ++done,
      total,
      unit: 'items',
      finished: done === total,
    });
  });
  await removeBridge(record);
  await removeCgroups(cgroupFolders(layout, record.cgroup));
  // The folder of all labs goes with the last of them.
  for (const folder of cgroupFolders(layout, CGROUP_PARENT)) await rmdir(folder).catch(() => undefined);
  await disableControllers(layout, record.addedControllers);
}
