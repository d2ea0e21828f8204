import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Operation } from '../../../src/host/port.ts';
import { afterPowerCuts, recordCommands } from './support/power-cut.ts';
import { type PrivateHost, privateHost } from './support/private-host.ts';

const write = (path: string, content: string): Operation => ({
  kind: 'write',
  id: `w${path}`,
  path,
  content,
  mode: 0o640,
});
const FILES = ['/etc/one', '/etc/two', '/etc/deep/er/three'];

async function writeThem(place: PrivateHost): Promise<void> {
  mkdirSync(place.path('etc'));
  for (const path of FILES.slice(0, 2)) writeFileSync(place.path(path), 'old');
  await place.host.apply(FILES.map((path) => write(path, 'new')));
}

it('B09: whenever the power goes, a file is the old one or the new one; what was acknowledged is the new one', async () => {
  await using place = await privateHost();
  const commands = recordCommands(place);
  await writeThem(place);
  const cuts = afterPowerCuts(commands());
  const files = FILES.map((path) => place.path(path));
  const renamed = [...cuts.at(-1)!.keys()];
  for (const file of files) expect(renamed).toContain(file);
  // The copies of what was there before, too: reset needs them.
  expect(renamed.filter((path) => path.includes('/kept/'))).toHaveLength(2);
  for (const cut of cuts) for (const [path, left] of cut) expect([...left], path).not.toContain('torn');
  for (const [path, left] of cuts.at(-1)!) expect([path, ...left]).toEqual([path, 'new']);
  // All three at once in between.
  expect(cuts.some((cut) => cut.get(files[0]!)?.size === 2)).toBe(true);
});

it('B09: a writer that does not sync is found (a seeded defect)', async () => {
  await using place = await privateHost();
  const commands = recordCommands(place);
  writeFileSync(place.path('stub-bin/sync'), '#!/bin/sh\nexit 0\n');
  chmodSync(place.path('stub-bin/sync'), 0o755);
  await writeThem(place);
  const cuts = afterPowerCuts(commands());
  for (const path of FILES) expect([...cuts.at(-1)!.get(place.path(path))!]).toContain('torn');
});

it('B09: a writer that renames before it syncs is found (a seeded defect)', () => {
  const cuts = afterPowerCuts(['dd bs=3 of=/etc/.new', 'mv -f /etc/.new /etc/file', 'sync /etc/file /etc']);
  expect([...cuts[1]!.get('/etc/file')!]).toEqual(['old', 'torn']);
  const right = afterPowerCuts([
    'dd of=/etc/.new',
    'sync /etc/.new',
    'mv -f /etc/.new /etc/file',
    'sync /etc',
  ]);
  expect([...right[2]!.get('/etc/file')!, ...right[3]!.get('/etc/file')!]).toEqual(['old', 'new', 'new']);
});
