import fc from 'fast-check';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { completeTree, normalPath, type TarEntry, tarStream } from '../../../../src/artifacts/image/tar.ts';
import { bytes } from '../support.ts';

const segment = fc
  .string({ minLength: 1, maxLength: 120, unit: 'grapheme' })
  .filter((text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && text.isWellFormed());
const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`);

const file = (name: string, content: string): TarEntry => {
  const buffer = Buffer.from(content);
  return { path: name, type: 'file', mode: 0o644, size: buffer.length, open: () => [buffer] };
};

interface Extracted {
  name: string;
  type: string;
  content: string;
  header: { uid: number; gid: number; mtime: Date; mode: number; linkname?: string | null };
}

async function unpack(tar: AsyncIterable<Buffer>): Promise<Extracted[]> {
  const reader = extract();
  reader.end(await bytes(tar));
  const entries: Extracted[] = [];
  for await (const entry of reader) {
    const content = (await bytes(entry as unknown as AsyncIterable<Buffer>)).toString();
    const header = entry.header as Extracted['header'];
    entries.push({ name: entry.header.name, type: entry.header.type ?? '', content, header });
  }
  return entries;
}

test('a normal path has one form, stays inside, and is normal already the second time', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(segment, fc.constantFrom('', '.'))), fc.boolean(), (parts, slash) => {
      const raw = `/${parts.join('/')}${slash ? '/' : ''}`;
      fc.pre(parts.some((part) => part !== '' && part !== '.'));
      const normal = normalPath(raw);
      expect(normal).toMatch(/^\//);
      expect(normal.split('/').slice(1)).toEqual(parts.filter((part) => part !== '' && part !== '.'));
      expect(normalPath(normal)).toBe(normal);
    }),
  );
});

test.each(['', '/', '//', '/.', 'usr/bin', '../x', '/..', '/a/../b', '/a/..', '/a\0b', './a'])(
  'the path %j is refused',
  (raw) => expect(() => normalPath(raw)).toThrow('not a path inside of an image'),
);

test('what goes in comes out: sorted, parents first, independent of the order it was given in', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(path, { minLength: 1, maxLength: 12 }),
      fc.infiniteStream(fc.nat()),
      async (paths, random) => {
        const isFolder = (name: string) => paths.some((other) => other.startsWith(`${name}/`));
        const entries = paths
          .filter((name) => !isFolder(name))
          .map((name) => file(name, `content of ${name}`));
        const shuffled = entries
          .map((entry) => ({ entry, key: random.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ entry }) => entry);
        const tar = await bytes(tarStream(completeTree(entries)));
        expect(tar.equals(await bytes(tarStream(completeTree(shuffled))))).toBe(true);

        const out = await unpack(tarStream(completeTree(entries)));
        const names = out.map(({ name }) => `/${name.replace(/\/$/, '')}`);
        expect(names).toEqual([...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
        for (const [index, name] of names.entries()) {
          const parent = name.slice(0, name.lastIndexOf('/'));
          if (parent) expect(names.indexOf(parent)).toBeLessThan(index);
          if (parent) expect(names).toContain(parent);
        }
        const files = out.filter(({ type }) => type === 'file');
        expect(Object.fromEntries(files.map(({ name, content }) => [`/${name}`, content]))).toEqual(
          Object.fromEntries(entries.map((entry) => [entry.path, `content of ${entry.path}`])),
        );
        for (const { header } of out) {
          expect(header).toMatchObject({ uid: 0, gid: 0 });
          expect(header.mtime.getTime()).toBe(0);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test('links, modes and folders keep what they are', async () => {
  const out = await unpack(
    tarStream(
      completeTree([
        { path: '/tmp', type: 'directory', mode: 0o1777 },
        { path: '/agnhost-2', type: 'symlink', mode: 0o777, target: 'agnhost' },
        { ...file('/agnhost', 'x'), mode: 0o755 },
      ]),
    ),
  );
  expect(out.map(({ name, type, header }) => [name.replace(/\/$/, ''), type, header.mode])).toEqual([
    ['agnhost', 'file', 0o755],
    ['agnhost-2', 'symlink', 0o777],
    ['tmp', 'directory', 0o1777],
  ]);
  expect(out[1]?.header.linkname).toBe('agnhost');
});

test('a path twice, or a file that is a folder for another, is refused', () => {
  expect(() => completeTree([file('/a', '1'), file('//a', '2')])).toThrow('twice in one image: /a');
  expect(() => completeTree([file('/a', '1'), file('/a/b', '2')])).toThrow('/a is no folder');
});

test('a source that fails, or has another size than it said, fails the tar', async () => {
  const failing = async function* () {
    yield Buffer.from('ab');
    throw new Error('disk is gone');
  };
  const entry = { path: '/a', type: 'file', mode: 0o644, size: 4 } as const;
  await expect(bytes(tarStream([{ ...entry, open: failing }]))).rejects.toThrow('disk is gone');
  await expect(bytes(tarStream([{ ...entry, open: () => [Buffer.from('abc')] }]))).rejects.toThrow('Size');
});
