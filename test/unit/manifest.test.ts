import { execFile, execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Config } from '@oclif/core/config';
import { expect, test } from 'vitest';
import { sourceOptions } from '../../src/cli/development.ts';

const root = join(import.meta.dirname, '../..');
// `npm ci` has just refreshed the file on disk, so CI looks at what was committed.
const text =
  process.env.KUBEWRIGHT_DEMAND_ALL_TIERS === '1'
    ? execFileSync('git', ['show', 'HEAD:oclif.manifest.json'], { cwd: root, encoding: 'utf8' })
    : readFileSync(join(root, 'oclif.manifest.json'), 'utf8');
const committed = JSON.parse(text) as {
  commands: Record<
    string,
    { flags: Record<string, unknown>; args: Record<string, unknown>; summary?: string }
  >;
  version: string;
};

// A stale manifest hides newer commands and flags: oclif believes it.
test('the committed oclif.manifest.json has the commands and flags of the sources', async () => {
  const options = await sourceOptions(root);
  const config = await Config.load(options);
  const shape = (command: { flags: object; args: object; summary?: string }) => ({
    flags: Object.keys(command.flags).sort(),
    args: Object.keys(command.args),
    summary: command.summary,
  });
  const fresh = Object.fromEntries(config.commands.map((command) => [command.id, shape(command)]));
  const stored = Object.entries(committed.commands).map(([id, command]) => [id, shape(command)]);
  expect(Object.fromEntries(stored)).toEqual(fresh);
  expect(committed.version).toBe(config.version);
});

test('every command file is in the manifest, with a summary', () => {
  const ids = globSync('commands/**/*.ts', { cwd: root }).map((file) =>
    file
      .replace(/^commands\//, '')
      .replace(/(\/index)?\.ts$/, '')
      .replaceAll('/', ':'),
  );
  expect(Object.keys(committed.commands).sort()).toEqual(ids.sort());
  for (const [id, command] of Object.entries(committed.commands)) expect(command.summary, id).toBeTruthy();
});

test('docs generated from code are fresh', async () => {
  await promisify(execFile)(process.execPath, ['scripts/docs.ts', '--check'], { cwd: root });
});
