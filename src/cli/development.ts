import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Plugin } from '@oclif/core/config';
import type { Options, PJSON } from '@oclif/core/interfaces';
import { settings } from '@oclif/core/settings';
import { runWith } from './run.ts';

/** For bin/dev.js: commands/ as it stands instead of dist/commands, and no manifest, which hides newer commands. */
export async function runDevelopment(metaUrl: string, argv: string[]): Promise<void> {
  const root = dirname(dirname(fileURLToPath(metaUrl)));
  await runWith(() => sourceOptions(root), argv);
}

export async function sourceOptions(root: string, target = './commands'): Promise<Options> {
  // oclif's own transpiling fails with TypeScript 7 and then silently runs an old dist.
  settings.enableAutoTranspile = false;
  const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as PJSON;
  pjson.oclif.commands = { strategy: 'pattern', target, globPatterns: ['**/*.ts'] };
  const plugin = new Plugin({ root, pjson, isRoot: true, ignoreManifest: true, name: pjson.name });
  await plugin.load();
  return { root, pjson, plugins: new Map([[plugin.name, plugin]]) };
}
