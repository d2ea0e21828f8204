import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cacheFile } from '../../../../src/kube/cache-file.ts';
import { authority, clientOf, dead, ok, server } from './several.ts';

let cacheDir: string;
beforeEach(() => {
  cacheDir = join(mkdtempSync(join(tmpdir(), 'servers-')), 'discovery');
});
afterEach(() => rmSync(join(cacheDir, '..'), { recursive: true, force: true }));

const kept = () => readdirSync(cacheDir).filter((name) => name.endsWith('.server'));
const run = async (servers: Parameters<typeof clientOf>[0]) => {
  const { client, told } = clientOf(servers, { cacheDir });
  await client.request({ path: '/x' });
  await client.close();
  return told;
};

test('the next command begins with the server that answered last, and has nothing to tell', async () => {
  const good = await server(ok);
  const servers = [await dead(), good];
  expect(await run(servers)).toHaveLength(1);
  expect(await run(servers)).toEqual([]);
  expect(statSync(join(cacheDir, kept()[0]!)).mode & 0o777).toBe(0o600);
});

test('a server that failed and is back is not gone back to as long as the other one answers', async () => {
  const [first, second] = [await server(ok), await server(ok)];
  await run([first, second]);
  expect(() => kept()).toThrow(/ENOENT/);
  writeKept(second.endpoint.server, first.endpoint.server);
  await run([first, second]);
  expect([first.received.length, second.received.length]).toEqual([1, 1]);
});

test.each([
  ['nothing', ''],
  ['half of it', '{"server":"https://127'],
  ['something else', '[1,2]'],
  ['null', 'null'],
  ['bytes', '\0\u0001\ufffd'],
  ['a server of another cluster', '{"server":"https://127.0.0.1:1"}'],
])('a file that was damaged costs nothing: %s', async (_what, text) => {
  const [first, second] = [await server(ok), await server(ok)];
  writeKept(second.endpoint.server, first.endpoint.server, text);
  expect(await run([first, second])).toEqual([]);
  expect(first.received).toHaveLength(1);
});

test('a cache folder that cannot be written is no error', async () => {
  mkdirSync(join(cacheDir, '..'), { recursive: true });
  writeFileSync(cacheDir, 'a file where the folder should be');
  const good = await server(ok);
  expect(await run([await dead(), good])).toHaveLength(1);
});

test('many commands at once leave one whole file and nothing else', async () => {
  const good = await server(ok);
  const servers = [await dead(), good];
  await Promise.all(Array.from({ length: 20 }, () => run(servers)));
  expect(readdirSync(cacheDir)).toEqual(kept());
  expect(kept()).toHaveLength(1);
  expect(JSON.parse(readFileSync(join(cacheDir, kept()[0]!), 'utf8'))).toEqual({
    server: good.endpoint.server,
  });
});

/** What a command whose `first` was dead would leave. */
function writeKept(answered: string, first: string, text = JSON.stringify({ server: answered })): void {
  const file = cacheFile({ server: first, tls: { ca: authority.cert } }, cacheDir, 'server');
  mkdirSync(cacheDir, { recursive: true });
  writeFileSync(file, text);
}
