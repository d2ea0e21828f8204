import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSecret } from '../../../src/cli/secrets.ts';

const folder = mkdtempSync(join(tmpdir(), 'secrets-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'password');
writeFileSync(file, 'from a file \n');

describe('a password of this machine', () => {
  it('is the file without its last line break', async () => {
    expect(await readSecret({}, { passwordFile: file })).toBe('from a file ');
  });

  it('is the variable where both are named and it is set', async () => {
    const source = { passwordFile: file, passwordEnv: 'P' };
    expect(await readSecret({ P: 'from outside' }, source)).toBe('from outside');
    expect(await readSecret({}, source)).toBe('from a file ');
  });

  it('is none where neither is there', async () => {
    expect(await readSecret({}, { passwordFile: join(folder, 'gone'), passwordEnv: 'P' })).toBeUndefined();
  });

  // It was told as a password that is not there.
  it('says so where its file is there and cannot be read', async () => {
    await expect(readSecret({}, { passwordFile: folder })).rejects.toMatchObject({
      code: 'PasswordFileUnreadable',
      message: expect.stringContaining(folder),
    });
  });
});
