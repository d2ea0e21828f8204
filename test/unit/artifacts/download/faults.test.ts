import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Cache } from '../../../../src/artifacts/cache.ts';
import { EXIT } from '../../../../src/base/exit-codes.ts';
import { closedPort } from '../../../fakes/closed-port.ts';
import { fakeProxy } from '../../../fakes/connect-proxy.ts';
import { sha256, startMirror } from '../../../fakes/mirror/mirror.ts';
import { program, publishImages } from '../../../fakes/mirror/release.ts';
import { bytes, refusal } from '../support.ts';
import { KUBELET, type World, world } from './support.ts';

const kubelet = program('kubelet', 'amd64');
/** How much of what was sent had arrived is the network's to say. */
const GOES_ON = expect.stringMatching(/^bytes=[1-9]\d*-$/);

async function published(options?: { plain?: boolean }): Promise<World> {
  const made = await world(options);
  made.mirror.publish(KUBELET, kubelet);
  return made;
}

const fetched = (made: World) => made.store().binary('kubelet', 'amd64');
const requests = ({ mirror }: World) => mirror.asked.filter(({ path }) => path === KUBELET);

/** Whether something of the file is on this disk: before that a cut leaves nothing to go on from. */
const growing = (made: World) => () =>
  (statSync(join(made.cache.folder, 'partial', sha256(kubelet)), { throwIfNoEntry: false })?.size ?? 0) > 0;

async function expectWhole(made: World): Promise<void> {
  expect(await bytes((await fetched(made)).open())).toEqual(kubelet);
}

describe('a download that is cut', () => {
  test('B56: goes on where it ended', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { cutAfter: 50_000, cutWhen: growing(made), times: 1 });
    await expectWhole(made);
    expect(requests(made)).toHaveLength(2);
    expect(requests(made)[1]).toMatchObject({ range: GOES_ON, ifRange: expect.stringMatching(/^"/) });
  });

  test('goes on in the next run, when this one gave up', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { cutAfter: 10_000, cutWhen: growing(made) });
    const error = await refusal(fetched(made));
    expect(error).toMatchObject({ code: 'DownloadFailed', exit: EXIT.artifact });
    expect(error.hint).toContain('goes on from there');
    expect(requests(made)).toHaveLength(5);
    made.mirror.faults.clear();
    await expectWhole(made);
    expect(requests(made).at(-1)?.range).toEqual(GOES_ON);
  });

  test('starts anew where the file changed meanwhile', async () => {
    const made = await published();
    const other = program('another', 'amd64');
    made.mirror.faults.set(KUBELET, { cutAfter: 50_000, times: 1, next: other });
    const error = await refusal(fetched(made));
    // The checksum is that of the first file: what is there now is refused, and nothing of it is kept.
    expect(error).toMatchObject({ code: 'ChecksumMismatch' });
    expect(error.evidence).toContain(sha256(kubelet));
    expect(error.evidence).toContain(sha256(other));
    made.mirror.publish(KUBELET, kubelet);
    await expectWhole(made);
  });

  test('is not fooled by a server that sends the whole though a part was asked for', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { cutAfter: 50_000, times: 1 });
    await refusal(made.store({ signal: AbortSignal.timeout(1) }).binary('kubelet', 'amd64'));
    made.mirror.faults.set(KUBELET, { ignoreRange: true });
    await expectWhole(made);
  });

  test('pieces of two files are told by the hash, and fetched once more from the start', async () => {
    const made = await published();
    const partial = join(made.cache.folder, 'partial');
    mkdirSync(partial, { recursive: true });
    writeFileSync(join(partial, sha256(kubelet)), Buffer.alloc(1000, 'x'));
    await expectWhole(made);
    expect(requests(made).map(({ range }) => range)).toEqual(['bytes=1000-', undefined]);
    expect(readdirSync(partial)).toEqual([]);
  });

  test('B56: a server that falls silent is asked again', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { stallAfter: 50_000, times: 1 });
    const store = made.source({ silenceMs: 3000 });
    const [work] = await store.work([{ component: 'kubelet', version: 'v1.37.2', arch: 'amd64' }]);
    await work?.run();
    expect(requests(made).at(-1)?.range).toEqual(GOES_ON);
    await expectWhole(made);
  });

  test('B58: a slow one is waited for', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { slowMs: 30 });
    await expectWhole(made);
    expect(requests(made)).toHaveLength(1);
  });
});

describe('what is not what it should be', () => {
  test('B55: a wrong checksum: the file is thrown away, both digests are told', async () => {
    const made = await published();
    made.mirror.put(`${KUBELET}.sha256`, Buffer.from('0'.repeat(64)));
    const error = await refusal(fetched(made));
    expect(error).toMatchObject({ code: 'ChecksumMismatch', exit: EXIT.artifact });
    expect(error.evidence).toBe(`expected sha256 ${'0'.repeat(64)}\nactual   sha256 ${sha256(kubelet)}`);
    expect(readdirSync(join(made.cache.folder, 'partial'))).toEqual([]);
    const [status] = (await made.store().status('amd64')).filter(({ name }) => name === 'kubelet');
    expect(status?.artifact).toBeUndefined();
  });

  test('without a checksum nothing is downloaded; a pinned one is enough', async () => {
    const made = await published();
    made.mirror.remove(`${KUBELET}.sha256`);
    const error = await refusal(fetched(made));
    expect(error).toMatchObject({ code: 'ChecksumMissing', hint: expect.stringContaining(made.lock) });
    expect(requests(made)).toEqual([]);
    const digests = { 'https://dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet': sha256(kubelet) };
    writeFileSync(made.lock, JSON.stringify({ version: 1, digests }));
    await expectWhole(made);
  });

  test('another checksum than the pinned one is refused, with both and how to accept it', async () => {
    const made = await published();
    await expectWhole(made);
    const other = program('another', 'amd64');
    made.mirror.publish(KUBELET, other);
    const cache = new Cache(join(made.cache.folder, 'another'));
    const error = await refusal(made.source({ cache }).work([request]));
    expect(error).toMatchObject({ code: 'ChecksumChanged', exit: EXIT.artifact });
    expect(error.evidence).toBe(`pinned ${sha256(kubelet)}\nnow    ${sha256(other)}`);
    expect(error.hint).toContain(made.lock);
    expect(error.hint).toContain('https://dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet');
    const pins = JSON.parse(readFileSync(made.lock, 'utf8')) as { digests: Record<string, string> };
    delete pins.digests['https://dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet'];
    writeFileSync(made.lock, JSON.stringify(pins));
    await expect(made.source({ cache }).work([request])).resolves.toHaveLength(1);
  });

  test('what is in the cache is not used once another digest is pinned', async () => {
    const made = await published();
    await expectWhole(made);
    const digests = { 'https://dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet': '0'.repeat(64) };
    writeFileSync(made.lock, JSON.stringify({ version: 1, digests }));
    expect(await refusal(fetched(made))).toMatchObject({ code: 'ChecksumChanged' });
  });

  test('B55: a login page instead of a checksum', async () => {
    const made = await published();
    made.mirror.put(`${KUBELET}.sha256`, Buffer.from('<html>Please log in</html>'));
    const error = await refusal(fetched(made));
    expect(error).toMatchObject({ code: 'ChecksumUnreadable', evidence: '<html>Please log in</html>' });
  });

  test.each([
    ['a login page', '<html>Please log in</html>'],
    ['no token', '{"error":"no"}'],
    ['nothing that is JSON of an object', 'null'],
  ])('%s where a registry gives its tokens is told in words', async (_, body) => {
    const made = await world();
    await publishImages(made.mirror, ['amd64']);
    made.mirror.login = true;
    made.mirror.token = body;
    const error = await refusal(made.store().images('amd64', 'v1.37.2', ['pause']));
    expect(error).toMatchObject({ code: 'RegistryLogin', exit: EXIT.artifact });
  });

  test('a lock file that cannot be read is not overwritten', async () => {
    const made = await published();
    writeFileSync(made.lock, '{');
    expect(await refusal(fetched(made))).toMatchObject({
      code: 'LockFileUnreadable',
      exit: EXIT.invalidInput,
    });
    expect(readFileSync(made.lock, 'utf8')).toBe('{');
  });
});

const request = { component: 'kubelet', version: 'v1.37.2', arch: 'amd64' };

describe('answers', () => {
  test.each([
    [404, 'DownloadMissing', 'artifacts list', 1],
    [403, 'DownloadRefused', 'firewall', 1],
    [401, 'DownloadRefused', 'login', 1],
    [503, 'DownloadRefused', 'trouble of its own', 5],
    [429, 'DownloadRefused', 'too many', 5],
  ])('%i is told in words', async (status, code, words, times) => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { status });
    const error = await refusal(fetched(made));
    expect(error).toMatchObject({ code, exit: EXIT.artifact, hint: expect.stringContaining(words) });
    expect(error.message).toContain(`${status}`);
    expect(requests(made)).toHaveLength(times);
  });

  test('trouble that passes is waited out', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { status: 503, times: 2 });
    made.mirror.faults.set(`${KUBELET}.sha256`, { status: 500, times: 3 });
    await expectWhole(made);
  });

  test('a redirect is followed, within https and with its query unsaid', async () => {
    const made = await published();
    const elsewhere = `${made.mirror.url}/elsewhere/kubelet?signature=secret`;
    made.mirror.put('/elsewhere/kubelet', kubelet);
    made.mirror.faults.set(KUBELET, { location: elsewhere });
    await expectWhole(made);
    made.mirror.remove('/elsewhere/kubelet');
    rmSync(join(made.cache.folder, 'index'), { recursive: true });
    const error = await refusal(fetched(made));
    expect(error).toMatchObject({ code: 'DownloadMissing' });
    expect(JSON.stringify(error)).not.toContain('secret');
  });

  test('a redirect from https to http is refused', async () => {
    const made = await published();
    await using plain = await startMirror({ plain: true });
    plain.put('/kubelet', kubelet);
    made.mirror.faults.set(KUBELET, { location: `${plain.url}/kubelet` });
    expect(await refusal(fetched(made))).toMatchObject({ code: 'RedirectInsecure' });
    expect(plain.asked).toEqual([]);
  });

  test('redirects in a circle end', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { location: `${made.mirror.url}${KUBELET}` });
    expect(await refusal(fetched(made))).toMatchObject({ code: 'RedirectLoop' });
  });

  test('a mirror without TLS is taken where it is named so', async () => {
    await expectWhole(await published({ plain: true }));
  });

  test('an unknown authority is told apart from a server that is not there', async () => {
    const made = await published();
    const error = await refusal(made.store({ env: { SSL_CERT_FILE: '' } }).binary('kubelet', 'amd64'));
    expect(error).toMatchObject({
      code: 'UpstreamUntrusted',
      hint: expect.stringContaining('SSL_CERT_FILE'),
    });
    const extra = { SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: made.mirror.ca };
    await made.store({ env: extra }).binary('kubelet', 'amd64');
    const missing = await refusal(
      made.store({ env: { SSL_CERT_FILE: '/nowhere/ca.pem' } }).binary('kubectl', 'amd64'),
    );
    expect(missing).toMatchObject({
      code: 'CaFileUnreadable',
      message: expect.stringContaining('/nowhere/ca.pem'),
    });
  });

  test('an abort ends it with its reason, and keeps what came', async () => {
    const made = await published();
    made.mirror.faults.set(KUBELET, { stallAfter: 50_000 });
    const abort = new AbortController();
    const running = made.store({ signal: abort.signal }).binary('kubelet', 'amd64');
    await expect.poll(() => requests(made).length).toBe(1);
    await expect.poll(() => readdirSync(join(made.cache.folder, 'partial')).length).toBe(2);
    abort.abort(new Error('Ctrl-C'));
    await expect(running).rejects.toThrow('Ctrl-C');
  });
});

describe('a proxy', () => {
  test('is gone through, for a name that it alone knows', async () => {
    const made = await published();
    const proxy = await fakeProxy('me:secret');
    const mirror = `https://mirror.test:${made.mirror.port}`;
    const through = (login: string) =>
      made.store({ mirror, env: { HTTPS_PROXY: `http://${login}@${proxy.address}` } });
    const error = await refusal(through('me:wrong').binary('kubelet', 'amd64'));
    expect(error).toMatchObject({ code: 'ProxyRefused', exit: EXIT.artifact });
    expect(JSON.stringify([error.message, error.hint, error.evidence])).not.toContain('wrong');
    made.mirror.faults.set(KUBELET, { cutAfter: 50_000, times: 1 });
    const artifact = await through('me:secret').binary('kubelet', 'amd64');
    expect(await bytes(artifact.open())).toEqual(kubelet);
    expect(proxy.asked).toContain(`mirror.test:${made.mirror.port}`);
    proxy.close();
  });
});

describe('a password in the address of a mirror', () => {
  const withPassword = (url: string) => url.replace('://', '://someone:pa55word@');
  const shownIn = async (made: World, mirror: string) => {
    const error = await refusal(made.store({ mirror }).binary('kubelet', 'amd64'));
    const { code, message, hint, evidence } = error;
    return { code, text: JSON.stringify({ message, hint, evidence, events: made.events }) };
  };

  test('does not stand in the error where nobody answers', async () => {
    const made = await published();
    const { code, text } = await shownIn(made, `http://someone:pa55word@127.0.0.1:${await closedPort()}`);
    expect(code).toBe('UpstreamUnreachable');
    expect(text).not.toContain('pa55word');
    expect(text).toContain('http://127.0.0.1');
  });

  test.each([
    ['refuses', 'DownloadRefused', { status: 403 }],
    ['has no checksum', 'ChecksumMissing', { status: 404 }],
    ['answers something else', 'ChecksumUnreadable', { body: 'a login page' }],
  ] as [string, string, { status?: number; body?: string }][])(
    'does not stand in the error where it %s',
    async (_what, code, { status, body }) => {
      const made = await published();
      if (status) made.mirror.faults.set(`${KUBELET}.sha256`, { status });
      if (body) made.mirror.put(`${KUBELET}.sha256`, Buffer.from(body));
      const shown = await shownIn(made, withPassword(made.mirror.url));
      expect(shown.code).toBe(code);
      expect(shown.text).not.toMatch(/pa55word|someone/);
      expect(shown.text).toContain(made.mirror.url);
    },
  );

  test('is not kept beside what came from there', async () => {
    const made = await published();
    await made.store({ mirror: withPassword(made.mirror.url) }).binary('kubelet', 'amd64');
    const files = readdirSync(made.cache.folder, { recursive: true, withFileTypes: true });
    const kept = files
      .filter((file) => file.isFile())
      .map((file) => readFileSync(join(file.parentPath, file.name)));
    expect(kept.some((content) => content.includes(made.mirror.url))).toBe(true);
    expect(kept.filter((content) => content.includes('pa55word'))).toEqual([]);
  });
});
