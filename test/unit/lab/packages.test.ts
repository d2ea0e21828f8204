import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ensurePackages, missingPackages } from '../../../src/lab/packages.ts';
import type { Event } from '../../../src/output/events.ts';

it('what is here is left alone, in silence', async () => {
  const events: Event[] = [];
  const env = { PATH: process.env.PATH };
  const answer = await ensurePackages(['util-linux'], {
    reporter: { emit: (event) => events.push(event) },
    env,
  });
  expect(answer).toEqual({ installed: [] });
  expect(events).toEqual([]);
});

it('packages are known by what they bring: a command anywhere on the path will do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kw-path-'));
  await writeFile(join(folder, 'debootstrap'), '#!/bin/sh\n');
  await chmod(join(folder, 'debootstrap'), 0o755);
  expect(await missingPackages(['debootstrap'], { PATH: folder })).toEqual([]);
  expect(await missingPackages(['kubewright-no-such-package'], { PATH: folder })).toEqual([
    'kubewright-no-such-package',
  ]);
  await rm(folder, { recursive: true });
});
