// Every file of test/golden/cluster-files is wrong, and its .txt says how. After a change of words:
// `npx vitest run --project unit test/unit/cluster/spec/bad-files.test.ts -u`, then read the diff.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import { readClusterFile } from '../../../../src/cluster/spec/file.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';

const FOLDER = join(import.meta.dirname, '../../../golden/cluster-files');
const all = readdirSync(FOLDER);
const files = all.filter((name) => name.endsWith('.yaml'));

describe('a wrong cluster file', () => {
  it.each(files)('%s', async (name) => {
    const refusal = refusalOf(readFileSync(join(FOLDER, name), 'utf8'), name);
    expect([refusal.code, refusal.exit]).toEqual(['InvalidClusterFile', 23]);
    for (const line of refusal.message.split('\n')) expect(line).toMatch(/^[\w-]+\.yaml:\d+:\d+: \S/);
    expect(`${refusal.message}\n`).not.toContain('geheim');
    await expect(`${refusal.message}\n`).toMatchFileSnapshot(join(FOLDER, name.replace('.yaml', '.txt')));
  });

  it('is told as it is kept: each has its text, and there are at least 60', () => {
    expect(all.filter((name) => name.endsWith('.txt')).map((name) => name.replace('.txt', '.yaml'))).toEqual(
      files,
    );
    expect(files.length).toBeGreaterThanOrEqual(60);
  });
});

function refusalOf(text: string, name: string): KubewrightError {
  try {
    const file = readClusterFile(text, name);
    resolveSpec(file.input, undefined, file);
  } catch (error) {
    if (error instanceof KubewrightError) return error;
    throw error;
  }
  throw new Error(`${name} was taken`);
}
