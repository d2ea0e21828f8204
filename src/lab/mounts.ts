import { readFile, rm } from 'node:fs/promises';
import { KubewrightError } from '../base/errors.ts';
import { poll } from '../base/wait.ts';
import { must, run } from './command.ts';

/** Mount points of this process's namespace at or below a folder, innermost first (proc_pid_mountinfo(5)). */
export async function mountsBelow(folder: string): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const points = lines.flatMap((line) => {
    const point = line.split(' ')[4];
    return point
      ? [point.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))]
      : [];
  });
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).reverse();
}

export async function mountOverlay(
  lower: string,
  upper: string,
  work: string,
  target: string,
): Promise<void> {
  if ((await mountsBelow(target)).length > 0) return;
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  await must(['mount', '-t', 'overlay', 'kubewright-lab', '-o', options, target]);
}

/** Unmounts everything at or below a folder, lazily where something holds it. Answers what is still mounted. */
export async function unmountBelow(folder: string): Promise<string[]> {
  for (const point of await mountsBelow(folder)) {
    if ((await run(['umount', point])).exit !== 0) await run(['umount', '--lazy', point]);
  }
  await poll({ intervalMs: 50, timeoutMs: 5000 }, async () =>
    (await mountsBelow(folder)).length === 0 ? true : undefined,
  );
  return mountsBelow(folder);
}

/** Nothing is deleted below a mount: it could be somebody's data. */
export async function removeFolder(folder: string): Promise<void> {
  const left = await unmountBelow(folder);
  if (left.length > 0) {
    throw new KubewrightError({
      code: 'LabMountsStuck',
      message: `${left.length} mounts of the lab could not be undone.`,
      hint: 'End what uses them (`fuser -m PATH`), then run `kubewright lab down` again.',
      evidence: left.join('\n'),
      exit: 'lab',
    });
  }
  await rm(folder, { recursive: true, force: true });
}
