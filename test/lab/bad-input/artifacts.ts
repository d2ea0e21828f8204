import { mkdir, readdir, readFile, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openStore } from '../../../src/artifacts/store.ts';
import { cacheDir } from '../../../src/base/dirs.ts';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { silent } from '../../../src/output/events.ts';
import { expectRefusal } from '../support/cli.ts';
import { HOST, on, type Place, reset, says } from './place.ts';

const phase = ['phase', 'init', 'runtime', HOST];

export function refusesArtifacts(place: Place): void {
  it.each([
    [
      'tampered with',
      (bytes: Buffer) => Buffer.concat([bytes.subarray(0, -1), Buffer.from('X')]),
      /not what was put there/,
    ],
    ['cut short', (bytes: Buffer) => bytes.subarray(0, 1000), /cut short/],
  ])(
    'B55: an artifact that was %s never reaches the host, and the same command goes on when it is whole',
    async (_what, spoil, why) => {
      const { folder, env, blob, original } = await ownCache(place);
      await unlink(blob);
      await writeFile(blob, spoil(await readFile(original)));
      const outcome = await place.cli.run(phase, { env });
      expectRefusal(
        outcome,
        EXIT.artifact,
        'runc v',
        why,
        'expected',
        'actual',
        `rm -f '${blob}'`,
        'same command again',
      );
      const there = await on(
        place,
        'ls -A /usr/local/sbin; cat /etc/containerd/config.toml 2>/dev/null; true',
      );
      expect(there).not.toMatch(/runc|version/);
      await unlink(blob);
      await symlink(original, blob);
      says(await place.cli.run(phase, { env }), /Phase runtime on \S+: changed [1-9]/);
      await reset(place);
      await rm(folder, { recursive: true });
    },
  );
}

/** A cache that is links to the real one, so that a blob of it can be spoiled. */
async function ownCache(place: Place) {
  const files = await openStore({ env: process.env, reporter: silent }).hostFiles(architecture(), 'v1.37.2');
  const runc = files.find(({ artifact }) => artifact.component === 'runc')!.artifact;
  const real = join(cacheDir(process.env), 'artifacts');
  const folder = join(place.cli.folder(), 'cache');
  const own = join(folder, 'kubewright', 'artifacts');
  for (const part of ['index', 'blobs/sha256']) {
    await mkdir(join(own, part), { recursive: true });
    for (const name of await readdir(join(real, part))) {
      await symlink(join(real, part, name), join(own, part, name));
    }
  }
  const name = join('blobs/sha256', runc.sha256);
  return { folder, env: { XDG_CACHE_HOME: folder }, blob: join(own, name), original: join(real, name) };
}

const architecture = () => (process.arch === 'x64' ? 'amd64' : process.arch);
