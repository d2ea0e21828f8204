// Writes oclif.manifest.json from the built dist, without the package `oclif` and its 159 dependencies.
// `--check` compares instead and fails when the committed file is stale.
import { readFileSync, writeFileSync } from 'node:fs';
import { Plugin } from '@oclif/core/config';

const file = 'oclif.manifest.json';
const plugin = new Plugin({
  root: process.cwd(),
  isRoot: true,
  ignoreManifest: true,
  errorOnManifestCreate: true,
  respectNoCacheDefault: true,
});
await plugin.load();
const { commands, version } = plugin.manifest;
const sorted = Object.fromEntries(Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1)));
const text = `${JSON.stringify({ commands: sorted, version }, null, 2)}\n`;

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
} else if (readFileSync(file, 'utf8') !== text) {
  console.error(`${file} is stale: run "npm run build" and commit it`);
  process.exitCode = 1;
}
