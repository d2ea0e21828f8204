import { readFile, statfs } from 'node:fs/promises';
import { KubewrightError } from '../base/errors.ts';

/** What one host may come to need: images, containers, etcd. */
const HOST_DISK_BYTES = 1.5e9;
/** A control plane at rest holds about 760 MB. */
const HOST_MEMORY_BYTES = 1e9;

export async function requireDisk(folder: string, bytes: number, purpose: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize >= bytes) return;
  throw new KubewrightError({
    code: 'LabDiskLow',
    message: `${purpose} needs ${gigabytes(bytes)} on the disk of ${folder}; ${gigabytes(bavail * bsize)} are free.`,
    hint: 'Free some space, or move the folder: XDG_STATE_HOME for labs, XDG_CACHE_HOME for the base system.',
    exit: 'lab',
  });
}

/** Checks before anything is made that `count` more hosts fit this machine. */
export async function requireRoom(folder: string, count: number): Promise<void> {
  if (count === 0) return;
  await requireDisk(folder, count * HOST_DISK_BYTES, `${count} more lab host${count > 1 ? 's' : ''}`);
  const available =
    Number(/^MemAvailable:\s+(\d+) kB/m.exec(await readFile('/proc/meminfo', 'utf8'))?.[1]) * 1024;
  if (available >= count * HOST_MEMORY_BYTES) return;
  throw new KubewrightError({
    code: 'LabMemoryLow',
    message: `${count} more lab hosts need ${gigabytes(count * HOST_MEMORY_BYTES)} of memory; ${gigabytes(available)} are available.`,
    hint: 'Boot fewer hosts, or end another lab: `kubewright lab list`, `kubewright lab down`.',
    exit: 'lab',
  });
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
