import { randomBytes } from 'node:crypto';
import { link, lstat, mkdir, open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { sleep } from '../../base/wait.ts';
import { kubeconfigError } from './failures.ts';

const LOCK_WAIT_MS = 10_000;

/**
 * Rewrites a file under client-go's lock (`FILE.lock`, created exclusively), by rename, so that a reader and a
 * kill at any moment see either the old or the new text. A new file gets mode 0600; one that is there is never
 * widened, and others lose access to it. Its owner stays.
 */
export async function withLockedFile(
  path: string,
  change: (before: string | undefined) => string,
): Promise<void> {
  const file = await target(path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await withLock(`${file}.lock`, async () => {
    const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    const after = change(before);
    if (after !== before) await replace(file, after);
  });
}

/** A link stays a link: what it points to is rewritten. */
async function target(path: string): Promise<string> {
  const there = await lstat(path).catch(() => undefined);
  return there?.isSymbolicLink() ? realpath(path).catch(() => path) : path;
}

async function replace(file: string, text: string): Promise<void> {
  const old = await stat(file).catch(() => undefined);
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  const handle = await open(temporary, 'wx', 0o600);
  try {
    await handle.chmod((old?.mode ?? 0o600) & 0o600);
    if (old && process.getuid?.() === 0) await handle.chown(old.uid, old.gid);
    await handle.writeFile(text);
    await handle.sync();
    await handle.close();
    await rename(temporary, file);
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
  const folder = await open(dirname(file), 'r');
  await folder.sync().catch(() => undefined);
  await folder.close();
}

async function withLock(lock: string, work: () => Promise<void>): Promise<void> {
  const end = performance.now() + LOCK_WAIT_MS;
  while (!(await take(lock))) {
    if (await removeIfDead(lock)) continue;
    if (performance.now() > end)
      throw kubeconfigError('KubeconfigLocked', `${lock} is held by another program`, {
        hint: `if nothing is writing the kubeconfig: rm ${lock}`,
      });
    await sleep(20 + Math.random() * 30);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Exclusive as O_EXCL is, but never there without its content, so that a kill leaves no nameless lock. */
async function take(lock: string): Promise<boolean> {
  const own = `${lock}.${randomBytes(6).toString('hex')}`;
  await writeFile(own, `kubewright ${process.pid} ${hostname()}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

/**
 * A lock of ours whose process on this machine is gone was left by a kill. It is renamed before it is removed,
 * and looked at again: of two that find it dead, the second must not remove the first one's new lock.
 */
async function removeIfDead(lock: string): Promise<boolean> {
  if (!isDead(await readFile(lock, 'utf8').catch(() => ''))) return false;
  const aside = `${lock}.${randomBytes(6).toString('hex')}`;
  try {
    await rename(lock, aside);
  } catch {
    return true;
  }
  if (!isDead(await readFile(aside, 'utf8').catch(() => ''))) {
    await link(aside, lock).catch(() => undefined);
    await rm(aside, { force: true });
    return false;
  }
  await rm(aside, { force: true });
  return true;
}

function isDead(text: string): boolean {
  const [, pid, host] = /^kubewright (\d+) (\S+)/.exec(text) ?? [];
  if (!pid || host !== hostname()) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
