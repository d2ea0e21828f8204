import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { undoOperations } from '../../../src/engine/undo.ts';
import type { Operation } from '../../../src/host/port.ts';
import { openHost } from '../../../src/host/session.ts';
import { connectSsh } from '../../../src/host/ssh/connect.ts';
import { fakeProxy } from '../../fakes/connect-proxy.ts';
import { tarOf } from '../../fakes/mirror/contents.ts';
import { type Mirror, sha256, startMirror } from '../../fakes/mirror/mirror.ts';
import { program } from '../../fakes/mirror/release.ts';
import { makeLaptop } from '../support/laptop.ts';
import { startSshd } from '../support/sshd.ts';
import { describeSim } from '../support/tier.ts';
import { newCase } from './support/faulty-case.ts';
import { type PrivateHost, privateHost, shells } from './support/private-host.ts';

const kubelet = program('kubelet', 'amd64');
let mirror: Mirror;
beforeAll(async () => {
  mirror = await startMirror();
});
afterAll(() => mirror[Symbol.asyncDispose]());

type Fetch = Extract<Operation, { kind: 'fetch' }>;

function fetch(path: string, more: Partial<Fetch['from']> = {}, wanted = kubelet): Fetch {
  const env = { CURL_CA_BUNDLE: mirror.ca, SSL_CERT_FILE: mirror.ca };
  const from = { url: `${mirror.url}${path}`, sha256: sha256(kubelet), env, ...more };
  const place = { path: '/usr/local/bin/kubelet', mode: 0o755 };
  return { kind: 'fetch', id: 'p/kubelet/1', ...place, from, sha256: sha256(wanted), size: wanted.length };
}

const failed = (promise: Promise<unknown>) =>
  promise.then(
    () => ({ code: 'none', message: '', evidence: '' }),
    (error: { code: string; message: string; evidence?: string }) => error,
  );
/** Of every process on this machine. */
const commandLines = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      } catch {
        return '';
      }
    })
    .join('\n');
const incoming = (place: PrivateHost) => readdirSync(place.path('var/lib/kubewright/incoming'));

describe.each(Object.entries(shells))('a host that fetches by itself, under %s', (_name, shell) => {
  // It stayed for good: the next run finds the image, and has no reason to send the archive again.
  it('B08: an archive whose run lost its power after the import goes with the next run, unless somebody works with it', async () => {
    await using place = await privateHost(shell);
    const folder = place.path('var/lib/kubewright/incoming');
    mkdirSync(folder, { recursive: true });
    for (const name of ['whole', 'begun.part']) writeFileSync(join(folder, name), 'bytes');
    const other = await place.again();
    const wait = `touch ${place.root}/begun; until [ -e ${place.root}/over ]; do sleep 0.05; done`;
    const work = other.apply([{ kind: 'run', id: 'p/run/1', argv: ['sh', '-c', wait] }], { lane: 'bulk' });
    await expect.poll(() => existsSync(place.path('begun'))).toBe(true);
    await place.host.lock({ owner: 'ann' });
    expect(incoming(place).sort()).toEqual(['begun.part', 'whole']);
    writeFileSync(place.path('over'), '');
    await work;
    await other.close();
    await place.host.unlock(1);
    await place.host.lock({ owner: 'ann' });
    expect(incoming(place)).toEqual(['begun.part']);
  });

  it('verifies the file before it has its name, with mode, journal and a way back', async () => {
    await using place = await privateHost(shell);
    mirror.put('/kubelet', kubelet);
    await place.host.apply([fetch('/kubelet')]);
    const file = place.path('usr/local/bin/kubelet');
    expect(readFileSync(file)).toEqual(kubelet);
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(incoming(place)).toEqual([]);
    const [journal] = await place.host.inspect([{ kind: 'journal' }]);
    const entry = journal.find(({ kind }) => kind === 'fetch');
    expect(entry).toMatchObject({ target: '/usr/local/bin/kubelet', before: 'absent', done: true });
    const back = undoOperations(journal).map(
      (draft, index) => ({ ...draft, id: `undo/${index}` }) as Operation,
    );
    await place.host.apply(back);
    expect(existsSync(file)).toBe(false);
  });

  it('B55: refuses what has another digest, and leaves nothing', async () => {
    await using place = await privateHost(shell);
    mirror.put('/kubelet', Buffer.from('something else'));
    expect(await failed(place.host.apply([fetch('/kubelet')]))).toMatchObject({ code: 'ArtifactDamaged' });
    expect(readdirSync(place.path('usr/local/bin'))).toEqual([]);
    expect(incoming(place)).toEqual([]);
  });

  it('takes several files out of one archive, which it fetches once', async () => {
    await using place = await privateHost(shell);
    const ctr = program('ctr', 'amd64');
    const archive = await tarOf({ './bin/kubelet': kubelet, 'bin/ctr': ctr, 'bin/other': Buffer.from('x') });
    mirror.put('/release.tgz', archive);
    const digest = sha256(archive);
    mirror.asked.length = 0;
    await place.host.apply([
      fetch('/release.tgz', { sha256: digest, member: 'bin/kubelet' }),
      {
        ...fetch('/release.tgz', { sha256: digest, member: 'bin/ctr' }, ctr),
        id: 'p/ctr/1',
        path: '/opt/ctr',
      },
    ]);
    expect(readFileSync(place.path('usr/local/bin/kubelet'))).toEqual(kubelet);
    expect(readFileSync(place.path('opt/ctr'))).toEqual(ctr);
    expect(mirror.asked).toHaveLength(1);
    expect(incoming(place)).toEqual([]);
    const missing = fetch('/release.tgz', { sha256: digest, member: 'bin/nothing' });
    const error = await failed(place.host.apply([{ ...missing, id: 'p/x/1', path: '/opt/x' }]));
    expect(error).toMatchObject({
      code: 'OperationFailed',
      evidence: expect.stringContaining('bin/nothing'),
    });
    expect(readdirSync(place.path('opt'))).toEqual(['ctr']);
  });

  it('B56: goes on where an earlier download ended; pieces of another file do not pass', async () => {
    await using place = await privateHost(shell);
    mirror.put('/kubelet', kubelet);
    const part = `${place.path('var/lib/kubewright/incoming')}/${sha256(kubelet)}.part`;
    mkdirSync(place.path('var/lib/kubewright/incoming'), { recursive: true });
    writeFileSync(part, kubelet.subarray(0, 30_000));
    mirror.asked.length = 0;
    await place.host.apply([fetch('/kubelet')]);
    expect(mirror.asked.map(({ range }) => range)).toEqual(['bytes=30000-']);
    writeFileSync(part, Buffer.alloc(30_000, 'x'));
    await place.host.apply([{ ...fetch('/kubelet'), id: 'p/again/1', path: '/opt/again' }]);
    expect(readFileSync(place.path('opt/again'))).toEqual(kubelet);
    writeFileSync(part, Buffer.alloc(kubelet.length + 5, 'x'));
    await place.host.apply([{ ...fetch('/kubelet'), id: 'p/longer/1', path: '/opt/longer' }]);
    expect(readFileSync(place.path('opt/longer'))).toEqual(kubelet);
    expect(incoming(place)).toEqual([]);
  });

  it('tells why nothing came', async () => {
    await using place = await privateHost(shell);
    const error = await failed(place.host.apply([fetch('/nothing-there')]));
    expect(error).toMatchObject({ code: 'FetchFailed', evidence: expect.stringContaining('404') });
    expect(error.message).toContain(`${mirror.url}/nothing-there`);
    const untrusted = await failed(place.host.apply([fetch('/kubelet', { env: {} })]));
    expect(untrusted).toMatchObject({ code: 'FetchFailed', evidence: expect.stringMatching(/certificate/i) });
  });

  // It stood in the list of processes, where every user of the host reads it, and in the error.
  it('shows a password in the address to nobody', async () => {
    await using place = await privateHost(shell);
    await using plain = await startMirror({ plain: true });
    plain.put('/kubelet', kubelet);
    plain.faults.set('/kubelet', { slowMs: 100 });
    const url = `${plain.url}/kubelet`.replace('://', '://someone:pa55word@');
    const coming = place.host.apply([fetch('', { url })]);
    await expect.poll(() => plain.asked.length, { timeout: 10_000 }).toBe(1);
    expect(commandLines()).toContain(`${sha256(kubelet)}.part`);
    expect(commandLines()).not.toContain('pa55word');
    await coming;
    expect(readFileSync(place.path('usr/local/bin/kubelet'))).toEqual(kubelet);
    const error = await failed(
      place.host.apply([{ ...fetch('', { url: `${url}-not-there` }), id: 'p/x/1', path: '/opt/x' }]),
    );
    expect(error).toMatchObject({
      code: 'FetchFailed',
      message: expect.stringContaining('/kubelet-not-there'),
    });
    expect(JSON.stringify(error) + error.message).not.toContain('pa55word');
    const kept = readFileSync(place.path('var/lib/kubewright/journal'), 'utf8');
    expect(kept).toContain('/usr/local/bin/kubelet');
    expect(kept).not.toContain('pa55word');
  });

  it('does not follow from https to http', async () => {
    await using place = await privateHost(shell);
    await using plain = await startMirror({ plain: true });
    plain.put('/kubelet', kubelet);
    mirror.faults.set('/away', { location: `${plain.url}/kubelet` });
    expect(await failed(place.host.apply([fetch('/away')]))).toMatchObject({ code: 'FetchFailed' });
    expect(plain.asked).toEqual([]);
  });

  it('goes through the proxy that it is given', async () => {
    await using place = await privateHost(shell);
    mirror.put('/kubelet', kubelet);
    const proxy = await fakeProxy();
    const env = { CURL_CA_BUNDLE: mirror.ca, https_proxy: `http://${proxy.address}` };
    const url = `https://mirror.test:${mirror.port}/kubelet`;
    await place.host.apply([fetch('', { url, env })]);
    expect(proxy.asked).toEqual([`mirror.test:${mirror.port}`]);
    proxy.close();
  });

  it('keeps what it got for others, whichever way it came, and says so', async () => {
    await using place = await privateHost(shell);
    mirror.put('/kubelet', kubelet);
    const keep = '/var/lib/kept/run';
    const sent = Buffer.from('sent from here');
    const artifact = { sha256: sha256(sent), size: sent.length, open: () => Readable.from([sent]) };
    const results = await place.host.apply([
      { ...fetch('/kubelet'), keep },
      { kind: 'upload', id: 'p/sent/1', path: '/opt/sent', mode: 0o755, artifact, keep },
      { ...fetch('/kubelet'), id: 'p/other/1', path: '/opt/other' },
    ]);
    expect(results.map(({ stdout }) => stdout)).toEqual(['kept\n', 'kept\n', '']);
    const kept = (name: string) => place.path(join(keep, name));
    expect(readdirSync(place.path(keep)).sort()).toEqual([sha256(kubelet), sha256(sent)].sort());
    expect(statSync(kept(sha256(kubelet))).ino).toBe(statSync(place.path('usr/local/bin/kubelet')).ino);
    expect(readFileSync(kept(sha256(sent)))).toEqual(sent);
    // Nobody but root learns the names of what is there.
    expect(statSync(place.path(keep)).mode & 0o777).toBe(0o711);
  });

  it('has its file even where it cannot keep it', async () => {
    await using place = await privateHost(shell);
    mirror.put('/kubelet', kubelet);
    mkdirSync(place.path('var/lib'), { recursive: true });
    writeFileSync(place.path('var/lib/kept'), 'a file is in the way');
    const [result] = await place.host.apply([{ ...fetch('/kubelet'), keep: '/var/lib/kept/run' }]);
    expect(result).toMatchObject({ stdout: '', stderr: '' });
    expect(readFileSync(place.path('usr/local/bin/kubelet'))).toEqual(kubelet);
  });

  it('puts back what was there before', async () => {
    await using place = await privateHost(shell);
    mirror.put('/kubelet', kubelet);
    await place.host.apply([
      { kind: 'write', id: 'w', path: '/usr/local/bin/kubelet', content: 'the distribution’s', mode: 0o755 },
    ]);
    const moved = { ...fetch('/kubelet'), expect: 'absent' as const };
    expect(await failed(place.host.apply([moved]))).toMatchObject({ code: 'PlanMoved' });
    await place.host.apply([
      { ...fetch('/kubelet'), expect: { sha256: sha256(Buffer.from('the distribution’s')) } },
    ]);
    expect(readFileSync(place.path('usr/local/bin/kubelet'))).toEqual(kubelet);
  });
});

/** A shell on a machine that lacks these commands: a device that is no program lies over each, in a mount namespace of its own. */
function without(...commands: string[]): string[] {
  const hide = commands.map((name) => `mount --bind /dev/null /usr/bin/${name}`).join(' && ');
  return ['/usr/bin/unshare', '--mount', 'sh', '-c', `${hide} && exec sh "$@"`, 'sh'];
}

describeSim('a host that fetches by itself', () => {
  it('without curl does it with wget', async () => {
    await using place = await privateHost(without('curl'));
    mirror.put('/kubelet', kubelet);
    const part = `${place.path('var/lib/kubewright/incoming')}/${sha256(kubelet)}.part`;
    mkdirSync(place.path('var/lib/kubewright/incoming'), { recursive: true });
    writeFileSync(part, kubelet.subarray(0, 30_000));
    mirror.asked.length = 0;
    // A wget of GnuTLS reads the machine's authorities alone.
    await using plain = await startMirror({ plain: true });
    plain.put('/kubelet', kubelet);
    await place.host.apply([fetch('', { url: `${plain.url}/kubelet` })]);
    expect(readFileSync(place.path('usr/local/bin/kubelet'))).toEqual(kubelet);
    expect(plain.asked.map(({ range }) => range)).toEqual(['bytes=30000-']);
  });

  it('without curl and wget says so', async () => {
    await using place = await privateHost(without('curl', 'wget'));
    const error = await failed(place.host.apply([fetch('/kubelet')]));
    expect(error).toMatchObject({ code: 'FetcherMissing', exit: EXIT.prerequisite });
  });

  it('does it over SSH too', async () => {
    const laptop = makeLaptop();
    const sshd = await startSshd({ users: [{ name: 'root', uid: 0, authorizedKeys: [laptop.key()] }] });
    const there = `root@${sshd.address}:${sshd.port}`;
    const connect = () => connectSsh(there, laptop.options({ acceptNewHostKeys: true }));
    const host = await openHost('node1', connect, { prefix: sshd.root });
    mirror.put('/kubelet', kubelet);
    await host.apply([fetch('/kubelet')], { lane: 'bulk' });
    expect(readFileSync(join(sshd.root, 'usr/local/bin/kubelet'))).toEqual(kubelet);
    await host.close();
    await sshd.stop();
    await laptop.clean();
  });

  it.each([
    ['before', 'kill9'],
    ['mid', 'kill9'],
    ['after-unacked', 'kill9'],
    ['mid', 'reset'],
    ['after-unacked', 'reset'],
  ])('is taken up after an accident: %s, %s', async (point, kind) => {
    mirror.put('/kubelet', kubelet);
    mirror.faults.set('/kubelet', { slowMs: 100 });
    using place = newCase([fetch('/kubelet')]);
    const struck = await place.run({ KUBEWRIGHT_FAULT: `p/kubelet/1:${point}:${kind}` });
    if (kind === 'kill9') {
      expect(struck).toMatchObject({ signal: 'SIGKILL' });
      expect((await place.run()).stderr).toBe('');
    } else {
      expect(struck).toMatchObject({ status: 0, stderr: '' });
    }
    mirror.faults.clear();
    expect(readFileSync(join(place.root, 'usr/local/bin/kubelet'))).toEqual(kubelet);
    expect(readdirSync(join(place.root, 'usr/local/bin'))).toEqual(['kubelet']);
    expect(readdirSync(join(place.root, 'var/lib/kubewright/incoming'))).toEqual([]);
    expect(place.read('runs')).toMatch(/^(ran\n){1,2}$/);
  });
});
