import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addToKubeconfig, updateServers } from '../../../src/cluster/user-kubeconfig.ts';
import { loadEndpoint, readKubeconfig } from '../../../src/kube/kubeconfig.ts';
import { makeAuthority } from '../../api/support/certificates.ts';

const [ours, theirs] = [await makeAuthority('ours'), await makeAuthority('theirs')];
const url = (host: number) => `https://10.0.0.${host}:6443`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'user-kubeconfig-'));
  file = join(folder, 'config');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const add = (servers: string[], { server = url(1), cluster = 'ours', ca = ours.cert } = {}) =>
  readKubeconfig({ env: { KUBECONFIG: file } }).then((existing) =>
    addToKubeconfig(file, existing, { cluster, server, servers, ca, certificate: 'CERT', key: 'KEY' }),
  );
const endpoint = (more = {}) => loadEndpoint({ kubeconfig: file, env: {}, ...more });
const update = async (
  servers: readonly string[] | ((listed: readonly string[]) => string[]),
  ca = ours.cert,
) =>
  updateServers(
    (await readKubeconfig({ kubeconfig: file, env: {} }))!,
    ca,
    typeof servers === 'function' ? servers : () => servers,
  );

describe('the API servers in a kubeconfig', () => {
  test('all of them, the own one first', async () => {
    await add([url(2), url(1), url(3)]);
    expect(await endpoint()).toMatchObject({ server: url(1), servers: [url(1), url(2), url(3)] });
  });

  test('a single one is no choice', async () => {
    await add([url(1)]);
    expect((await endpoint()).servers).toBeUndefined();
  });

  test('--server is meant as it is given', async () => {
    await add([url(1), url(2)]);
    const given = await endpoint({ server: 'https://127.0.0.1:7443' });
    expect([given.server, given.servers]).toEqual(['https://127.0.0.1:7443', undefined]);
  });

  test('a control plane joins, another leaves: the list follows, the rest stays as it is', async () => {
    await add([url(1)]);
    writeFileSync(file, `# mine\n${readFileSync(file, 'utf8')}x-future: 0644\n`);
    expect(await update([url(1), url(2), url(3)])).toEqual(['ours']);
    expect((await endpoint()).servers).toEqual([url(1), url(2), url(3)]);
    expect(await update((listed) => listed.filter((each) => each !== url(2)))).toEqual(['ours']);
    expect((await endpoint()).servers).toEqual([url(1), url(3)]);
    const text = readFileSync(file, 'utf8');
    expect(text).toMatch(/^# mine\n/);
    expect(text).toContain('x-future: 0644\n');
  });

  test('nothing new: the file is not written', async () => {
    await add([url(1), url(2)]);
    const before = readFileSync(file, 'utf8');
    expect(await update([url(2), url(1)])).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('the own one leaves: another one takes its place', async () => {
    await add([url(1), url(2), url(3)]);
    await update([url(2), url(3)]);
    expect(await endpoint()).toMatchObject({ server: url(2), servers: [url(2), url(3)] });
  });

  test('the last one is never taken out', async () => {
    await add([url(1)]);
    expect(await update([])).toEqual([]);
    expect((await endpoint()).server).toBe(url(1));
  });

  test("a name or balancer that the user put there stays the first, before the cluster's own", async () => {
    await add([url(1), url(2)]);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(`server: ${url(1)}`, 'server: https://api.example:6443'),
    );
    await update([url(2), url(3)]);
    expect(await endpoint()).toMatchObject({
      server: 'https://api.example:6443',
      servers: ['https://api.example:6443', url(2), url(3)],
    });
  });

  test('an entry without the extension, or of another cluster, is not touched', async () => {
    await add([url(1)]);
    writeFileSync(file, readFileSync(file, 'utf8').replace('kubewright.dev/servers', 'example.dev/other'));
    await add([url(7)], { cluster: 'theirs', server: url(7), ca: theirs.cert });
    const before = readFileSync(file, 'utf8');
    expect(await update([url(1), url(2)])).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test.each([
    ['no list', 'extension: {servers: 7}', [], 0],
    ['no map', 'extension: nonsense', [], 0],
    [
      'numbers and nonsense',
      'extension: {servers: [7, null, "nonsense", "https://10.0.0.2:6443/"]}',
      [url(2)],
      3,
    ],
    ['plain http beside https', 'extension: {servers: ["http://10.0.0.2:6443"]}', [], 1],
  ])('an extension that was damaged never stops anything: %s', async (_what, extension, more, warnings) => {
    await add([url(1)]);
    const text = readFileSync(file, 'utf8').replace(
      /extension:\n\s+servers:\n(\s+- .*\n)+/,
      `${extension}\n`,
    );
    expect(text).toContain(extension);
    writeFileSync(file, text);
    const told: string[] = [];
    const { server, servers = [url(1)] } = await endpoint({ warn: (line: string) => told.push(line) });
    expect([server, servers]).toEqual([url(1), [url(1), ...more]]);
    expect(told).toHaveLength(warnings);
    expect(await update([url(1), url(3)])).toEqual(['ours']);
    expect((await endpoint()).servers).toEqual([url(1), url(3)]);
  });
});
