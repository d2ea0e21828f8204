import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { requireApt } from '../../../../src/artifacts/package/apt.ts';
import { readTree } from '../../../../src/artifacts/package/layer.ts';
import { EXIT } from '../../../../src/base/exit-codes.ts';
import { refusal, temporaryFolder } from '../support.ts';

function root(files: string[], links: Record<string, string> = {}): string {
  const folder = temporaryFolder();
  for (const path of [...files, ...Object.keys(links)])
    mkdirSync(dirname(join(folder, path)), { recursive: true });
  for (const path of files) writeFileSync(join(folder, path), path);
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(folder, path));
  return folder;
}

const seen = async (folder: string) =>
  (await readTree(folder, ['/usr/sbin/nft']))
    .map((entry) => (entry.type === 'symlink' ? `${entry.path} -> ${entry.target}` : entry.path))
    .sort();

test('programs, libraries, loader and licences are kept, the rest is not', async () => {
  const folder = root(
    [
      '/usr/sbin/nft',
      '/usr/sbin/other',
      '/lib/x86_64-linux-gnu/libc.so.6',
      '/usr/lib/x86_64-linux-gnu/libmnl.so.0.2.0',
      '/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so',
      '/usr/share/doc/libc6/copyright',
      '/usr/share/doc/libc6/changelog.gz',
      '/etc/nftables.conf',
    ],
    {
      '/lib64/ld-linux-x86-64.so.2': '/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
      '/usr/lib/x86_64-linux-gnu/libmnl.so.0': 'libmnl.so.0.2.0',
    },
  );
  expect(await seen(folder)).toEqual([
    '/lib/x86_64-linux-gnu/libc.so.6',
    '/lib64/ld-linux-x86-64.so.2 -> /lib/x86_64-linux-gnu/ld-linux-x86-64.so.2',
    '/sbin -> usr/sbin',
    '/usr/lib/x86_64-linux-gnu/libmnl.so.0 -> libmnl.so.0.2.0',
    '/usr/lib/x86_64-linux-gnu/libmnl.so.0.2.0',
    '/usr/sbin/nft',
    '/usr/share/doc/libc6/copyright',
  ]);
});

test('where everything lies below /usr, the loader is found at /lib64 and /lib', async () => {
  const folder = root([
    '/usr/sbin/nft',
    '/usr/lib/aarch64-linux-gnu/libc.so.6',
    '/usr/lib64/ld-linux-x86-64.so.2',
  ]);
  expect(await seen(folder)).toEqual(
    expect.arrayContaining(['/lib -> usr/lib', '/lib64 -> usr/lib64', '/sbin -> usr/sbin']),
  );
});

test('modes are those of the file, without what a umask left', async () => {
  const folder = root(['/usr/sbin/nft', '/usr/share/doc/nftables/copyright']);
  chmodSync(join(folder, '/usr/sbin/nft'), 0o710);
  const tree = await readTree(folder, ['/usr/sbin/nft']);
  const modes = Object.fromEntries(tree.map(({ path, mode }) => [path, mode]));
  expect(modes).toMatchObject({ '/usr/sbin/nft': 0o755, '/usr/share/doc/nftables/copyright': 0o644 });
});

test('a package without the program is refused', async () => {
  expect(await refusal(readTree(root(['/usr/sbin/x']), ['/usr/sbin/nft']))).toMatchObject({
    code: 'PackageUnavailable',
    message: expect.stringContaining('/usr/sbin/nft'),
  });
});

test('without apt the error says what it is for', async () => {
  const error = await refusal(requireApt(['nftables'], { PATH: '/nonexistent' }));
  expect(error).toMatchObject({ code: 'AptMissing', exit: EXIT.prerequisite });
  expect(error.message).toContain('nftables');
});
