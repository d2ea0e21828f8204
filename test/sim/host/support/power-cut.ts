import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PrivateHost } from './private-host.ts';

/** What a file on the disk may be after the power went: as before, as it was to be, or part of that. */
export type Left = 'old' | 'new' | 'torn';

const COMMANDS = ['dd', 'tee', 'cp', 'sync', 'mv', 'rm', 'ln', 'chmod', 'mkdir'];
const REAL = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** From now on each command by which the applier changes files is written down, in its order, and then carried out. */
export function recordCommands(place: PrivateHost): () => string[] {
  const log = place.path('commands');
  writeFileSync(log, '');
  for (const name of COMMANDS) {
    const stub = place.path(join('stub-bin', name));
    writeFileSync(stub, `#!/bin/sh\necho "${name} $*" >>'${log}'\nPATH=${REAL} exec ${name} "$@"\n`);
    chmodSync(stub, 0o755);
  }
  return () => readFileSync(log, 'utf8').trim().split('\n');
}

/**
 * Replays every prefix of a sequence on a disk that keeps nothing by itself: content is there once it was synced, a
 * name once its folder was. For each prefix what every file that was renamed may be after a power cut.
 */
export function afterPowerCuts(commands: readonly string[]): Map<string, Set<Left>>[] {
  const synced = new Map<string, boolean>();
  const waiting = new Map<string, Left>();
  const disk = new Map<string, Set<Left>>();
  return commands.map((line) => {
    const [command, ...words] = line.split(' ');
    const paths = words.filter((word) => word.startsWith('/'));
    const output = words.find((word) => word.startsWith('of='))?.slice(3) ?? paths.at(-1);
    if (['dd', 'tee', 'cp'].includes(command!) && output) synced.set(output, false);
    if (command === 'mv') {
      const [from, to] = paths.slice(-2) as [string, string];
      const left = synced.get(from) ? 'new' : 'torn';
      synced.set(to, left === 'new');
      waiting.set(to, left);
      disk.set(to, new Set<Left>([...(disk.get(to) ?? ['old' as const]), left]));
    }
    if (command === 'sync')
      for (const path of paths) {
        if (synced.has(path)) synced.set(path, true);
        for (const [renamed, left] of waiting) {
          if (dirname(renamed) !== path) continue;
          waiting.delete(renamed);
          disk.set(renamed, new Set([left]));
        }
      }
    return new Map([...disk].map(([path, left]) => [path, new Set(left)]));
  });
}
