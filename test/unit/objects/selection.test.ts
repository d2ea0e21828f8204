import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readArguments } from '../../../src/objects/selection/arguments.ts';
import { readFiles } from '../../../src/objects/selection/files.ts';

const object = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;
let folder = '';
let server: Server;
let base = '';
let failures = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kubewright-files-'));
  mkdirSync(join(folder, 'dir', 'inner'), { recursive: true });
  mkdirSync(join(folder, 'bare'));
  writeFileSync(join(folder, 'dir', 'b.yaml'), object('b'));
  writeFileSync(join(folder, 'dir', 'B.yml'), object('capital'));
  writeFileSync(
    join(folder, 'dir', 'a.json'),
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }),
  );
  writeFileSync(join(folder, 'dir', 'ignored.txt'), '{{{');
  writeFileSync(join(folder, 'dir', 'inner', 'c.yaml'), object('c'));
  writeFileSync(join(folder, 'named.conf'), object('named'));
  writeFileSync(join(folder, 'broken1.yaml'), 'a: [');
  writeFileSync(join(folder, 'broken2.yaml'), 'kind: X\n');
  server = createServer((request, response) => {
    if (request.url === '/ok.yaml') response.end(object('remote'));
    else if (request.url === '/moved') response.writeHead(302, { location: '/ok.yaml' }).end();
    else if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
    else if (request.url === '/file') response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    else if (request.url === '/page') response.end('<!DOCTYPE html><html></html>');
    else if (request.url === '/flaky') {
      response.statusCode = failures++ === 0 ? 503 : 200;
      response.end(object('flaky'));
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function names(files: string[], options: { recursive?: boolean; stdin?: string } = {}) {
  const stdin = Readable.from([Buffer.from(options.stdin ?? '')]);
  const { manifests, single } = await readFiles(files, { cwd: folder, stdin, recursive: options.recursive });
  return { names: manifests.map(({ object: { metadata } }) => metadata.name), single };
}

it('reads manifests of a folder in the order of their names, and inner folders with -R', async () => {
  expect(await names(['dir'])).toEqual({ names: ['capital', 'a', 'b'], single: false });
  expect((await names(['dir'], { recursive: true })).names).toEqual(['capital', 'a', 'b', 'c']);
});

it('reads a named file whatever its ending, patterns and standard input', async () => {
  expect(await names(['named.conf'])).toEqual({ names: ['named'], single: true });
  expect((await names(['dir/*.yaml', '-'], { stdin: object('piped') })).names).toEqual(['b', 'piped']);
});

it.each([
  [['nope.yaml'], 'the path "nope.yaml" does not exist', 23],
  [['no*pe'], 'the path "no*pe" does not exist', 23],
  [['bare'], 'error reading [bare]: recognized file extensions are [.json .yaml .yml]', 23],
  [['-', '-'], 'standard input cannot be used for multiple arguments', 1],
])('%j is refused', async (files, message, exit) => {
  await expect(names(files)).rejects.toMatchObject({ message, exit });
});

it('tells every file that cannot be read', async () => {
  const error = await names(['broken1.yaml', 'broken2.yaml']).catch((thrown) => thrown as AggregateError);
  expect(error).toBeInstanceOf(AggregateError);
  const messages = (error as AggregateError).errors.map(({ message }) => message).sort();
  expect(messages[0]).toMatch(/^broken1.yaml:/);
  expect(messages[1]).toMatch(/^broken2.yaml:1:1: the object has no apiVersion/);
});

it('fetches addresses, follows redirects there, and asks again on a server error', async () => {
  expect(await names([`${base}/ok.yaml`])).toEqual({ names: ['remote'], single: true });
  expect((await names([`${base}/moved`])).names).toEqual(['remote']);
  expect((await names([`${base}/flaky`])).names).toEqual(['flaky']);
});

it.each([
  ['/nope', /unable to read URL ".*\/nope", server reported 404 Not Found, status code=404/],
  ['/page', /is an HTML page, not a manifest/],
  ['/loop', /more than 5 redirects/],
  ['/file', /redirects to file:.*refused/],
])('%s is refused', async (path, message) => {
  await expect(names([base + path])).rejects.toMatchObject({
    message: expect.stringMatching(message),
    exit: 23,
  });
});

it('reads words as kubectl does', () => {
  const none = { types: [], names: [], pairs: [] };
  expect(readArguments(['pods,svc'], 'get')).toEqual({ ...none, types: ['pods', 'svc'] });
  expect(readArguments(['pods', 'a', 'b'], 'get')).toEqual({ ...none, types: ['pods'], names: ['a', 'b'] });
  expect(readArguments(['pods,svc', 'a'], 'get').pairs).toEqual([
    { type: 'pods', name: 'a' },
    { type: 'svc', name: 'a' },
  ]);
  expect(readArguments(['pod/a', 'svc/b'], 'get').pairs).toHaveLength(2);
  expect(() => readArguments(['pod/a', 'svc'], 'get')).toThrow('there is no need to specify a resource type');
  expect(() => readArguments(['pod/a/b'], 'get')).toThrow('more than one slash');
  expect(() => readArguments(['pod/'], 'get')).toThrow('must have a single resource and name');
});
