import { execFileSync, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Blob, Operation } from '../../../src/host/port.ts';
import { type PrivateHost, privateHost, shells, smallDisk } from './support/private-host.ts';

const write = (path: string, content: string | Buffer, more: object = {}): Operation => ({
  kind: 'write',
  id: `w${path}`,
  path,
  content,
  mode: 0o644,
  ...more,
});
const blobOf = (content: Buffer): Blob => ({
  sha256: createHash('sha256').update(content).digest('hex'),
  size: content.length,
  open: () =>
    Readable.from([content.subarray(0, content.length >> 1), content.subarray(content.length >> 1)]),
});
const kept = (place: PrivateHost) => readdirSync(place.path('var/lib/kubewright/kept')).sort();

describe.each(Object.entries(shells))('the applier under %s', (_name, shell) => {
  it('carries any path, content, argument and environment through unchanged', async () => {
    await using place = await privateHost(shell);
    const name = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter(
        (text) => !/[/\0]/.test(text) && text !== '.' && text !== '..' && Buffer.byteLength(text) < 200,
      );
    const word = fc
      .string({ unit: 'binary', maxLength: 40 })
      .map((text) => text.replaceAll('\0', '').toWellFormed());
    const content = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(
        name,
        content,
        fc.array(word),
        word,
        content,
        async (file, bytes, words, value, stdin) => {
          const path = `/srv/${file}`;
          await place.host
            .apply([
              write(path, bytes),
              { kind: 'run', id: 'words', argv: ['printf', '%s|', ...words] },
              { kind: 'run', id: 'value', argv: ['sh', '-c', 'printf %s "$VALUE"'], env: { VALUE: value } },
              { kind: 'run', id: 'stdin', argv: ['sha256sum'], stdin },
            ])
            .then((results) => {
              expect(results[1]!.stdout).toBe(words.length ? words.map((text) => `${text}|`).join('') : '|');
              expect(results[2]!.stdout).toBe(value);
              expect(results[3]!.stdout).toContain(createHash('sha256').update(stdin).digest('hex'));
            });
          const [state, hashed, names, journal] = await place.host.inspect([
            { kind: 'file', path, content: true },
            { kind: 'file', path, hash: true },
            { kind: 'list', path: '/srv' },
            { kind: 'journal' },
          ]);
          expect(state.content).toEqual(bytes);
          expect(readFileSync(place.path(path))).toEqual(bytes);
          if (!/[\n\\\r]/.test(file) || shell[1] !== 'ash') expect(hashed.sha256).toBe(state.sha256);
          expect(names).toEqual([file]);
          expect(journal.some((entry) => entry.target === path && entry.done)).toBe(true);
          await place.host.apply([{ kind: 'remove', id: 'r', path }]);
        },
      ),
      { numRuns: 12 },
    );
  }, 60_000);

  it('keeps what it overwrites once, with mode and owner in the name, readable by root alone', async () => {
    await using place = await privateHost(shell);
    mkdirSync(place.path('etc'));
    writeFileSync(place.path('etc/f'), 'original', { mode: 0o640 });
    await place.host.apply([write('/etc/f', 'first')]);
    await place.host.apply([write('/etc/f', 'second'), write('/etc/new', 'x')]);
    await place.host.apply([write('/etc/new', 'y')]);
    const [journal] = await place.host.inspect([{ kind: 'journal' }]);
    const before = journal.find((entry) => entry.target === '/etc/f')!.before;
    expect(before).toMatch(/^\/var\/lib\/kubewright\/kept\/[0-9a-f]{32}\.640\.\d+\.\d+$/);
    expect(readFileSync(place.path(before), 'utf8')).toBe('original');
    expect(statSync(place.path(before)).mode & 0o777).toBe(0o600);
    expect(statSync(place.path('var/lib/kubewright')).mode & 0o777).toBe(0o700);
    expect(journal.filter((entry) => entry.target === '/etc/new').map((entry) => entry.before)).toEqual([
      'absent',
    ]);
    expect(kept(place)).toHaveLength(2);
  });

  it('keeps a link as a link, and replaces it rather than what it points to', async () => {
    await using place = await privateHost(shell);
    mkdirSync(place.path('srv/real'), { recursive: true });
    symlinkSync('real', place.path('srv/link'));
    const [before] = await place.host.inspect([{ kind: 'file', path: '/srv/link', hash: true }]);
    expect(before).toMatchObject({ type: 'link', target: 'real' });
    await place.host.apply([write('/srv/link', 'file now')]);
    expect(readFileSync(place.path('srv/link'), 'utf8')).toBe('file now');
    expect(readdirSync(place.path('srv/real'))).toEqual([]);
    expect(kept(place)).toEqual([expect.stringMatching(/\.link$/)]);
  });

  it('refuses to put a file where a folder is', async () => {
    await using place = await privateHost(shell);
    mkdirSync(place.path('srv/d/kept'), { recursive: true });
    const failed = place.host.apply([write('/srv/d', 'x')]);
    await expect(failed).rejects.toMatchObject({
      code: 'OperationFailed',
      evidence: '/srv/d is a directory',
    });
  });

  it('puts a file where containerd made an empty folder in its place', async () => {
    await using place = await privateHost(shell);
    mkdirSync(place.path('srv/d'), { recursive: true });
    await place.host.apply([write('/srv/d', 'x')]);
    expect(readFileSync(place.path('srv/d'), 'utf8')).toBe('x');
  });

  it('B18: reports a full disk with path, bytes needed and free, leaves nothing there, and goes on afterwards', async ({
    skip,
  }) => {
    await using place = await privateHost(shell);
    using disk = smallDisk(place.path('small'));
    skip(disk === undefined, 'only root may mount a small file system');
    const small = randomBytes(900_000);
    const failed = place.host.apply(Array.from({ length: 8 }, (_, index) => write(`/small/${index}`, small)));
    await expect(failed).rejects.toMatchObject({ code: 'DiskFull', exit: 29, step: 'w/small/4' });
    await expect(failed).rejects.toThrow(/\/small\/4: 900000 bytes needed, \d+ bytes free/);
    const big = blobOf(randomBytes(8_000_000));
    const upload: Operation = { kind: 'upload', id: 'u', path: '/small/big', mode: 0o644, artifact: big };
    await expect(place.host.apply([upload])).rejects.toMatchObject({ code: 'DiskFull', step: 'u' });
    expect(readdirSync(place.path('small')).sort()).toEqual(['0', '1', '2', '3']);
    await place.host.apply([{ kind: 'remove', id: 'r', path: '/small/0' }, write('/small/x', 'fits')]);
  });

  it('streams large artifacts, tells how far it is, and works on the other lane meanwhile', async () => {
    await using place = await privateHost(shell);
    const content = randomBytes(12_000_000);
    const progress: number[] = [];
    const upload: Operation = {
      kind: 'upload',
      id: 'u',
      path: '/opt/big',
      mode: 0o755,
      artifact: blobOf(content),
    };
    const onProgress = (sent: number, total: number) => progress.push(sent / total);
    await Promise.all([
      place.host.apply([upload], { lane: 'bulk', onProgress }),
      place.host.apply([write('/opt/small', 'x')]),
    ]);
    expect(readFileSync(place.path('opt/big')).equals(content)).toBe(true);
    expect(statSync(place.path('opt/big')).mode & 0o777).toBe(0o755);
    expect(progress.at(-1)).toBe(1);
  });

  it('sees an edit of a large file in spite of its cache of hashes, also with the old time put back', async () => {
    await using place = await privateHost(shell);
    const content = Buffer.alloc(9_000_000, 'a');
    const artifact = blobOf(content);
    await place.host.apply([{ kind: 'upload', id: 'u', path: '/opt/big', mode: 0o644, artifact }]);
    const look = async () =>
      (await place.host.inspect([{ kind: 'file', path: '/opt/big', hash: true }]))[0].sha256;
    expect(await look()).toBe(artifact.sha256);
    const { mtime, atime } = statSync(place.path('opt/big'));
    content[5] = 98;
    writeFileSync(place.path('opt/big'), content);
    utimesSync(place.path('opt/big'), atime, mtime);
    expect(await look()).toBe(createHash('sha256').update(content).digest('hex'));
  });

  it('answers for its large files without reading them again', async ({ skip }) => {
    await using place = await privateHost(shell);
    const artifact = blobOf(Buffer.alloc(9_000_000, 'a'));
    await place.host.apply([{ kind: 'upload', id: 'u', path: '/opt/big', mode: 0o644, artifact }]);
    const cache = place.path('var/lib/kubewright/hashes');
    skip(!existsSync(cache), 'this stat has whole seconds only');
    writeFileSync(cache, readFileSync(cache, 'utf8').replace(artifact.sha256, 'f'.repeat(64)));
    const [state] = await place.host.inspect([{ kind: 'file', path: '/opt/big', hash: true }]);
    expect(state.sha256).toBe('f'.repeat(64));
  });

  it('hashes without an openssl that cannot, whatever that answers', async () => {
    await using place = await privateHost(shell);
    const stub = place.path('stub-bin/openssl');
    writeFileSync(stub, `#!/bin/sh\necho "${'0'.repeat(64)} *stdin"\n`);
    chmodSync(stub, 0o755);
    const artifact = blobOf(randomBytes(1_200_000));
    await place.host.apply([{ kind: 'upload', id: 'u', path: '/opt/big', mode: 0o644, artifact }]);
    const [state] = await place.host.inspect([{ kind: 'file', path: '/opt/big', hash: true }]);
    expect(state.sha256).toBe(artifact.sha256);
  });

  it('gives digest but no content of files above 1 MiB', async () => {
    await using place = await privateHost(shell);
    const content = randomBytes(1_200_000);
    writeFileSync(place.path('large'), content);
    const [state] = await place.host.inspect([{ kind: 'file', path: '/large', content: true }]);
    expect(state).toMatchObject({
      size: 1_200_000,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    expect(state.content).toBeUndefined();
  });

  it('B60: cuts what commands print at 1 MiB, and ends those that take too long', async () => {
    await using place = await privateHost(shell);
    const zeros = ['head', '-c', '3000000', '/dev/zero'];
    const [cut, slow] = await place.host.inspect([
      { kind: 'run', argv: zeros },
      { kind: 'run', argv: ['sleep', '30'], timeoutSeconds: 1 },
    ]);
    expect(cut).toMatchObject({ exit: 0, stdout: '\0'.repeat(1024 * 1024) });
    expect(slow.exit).not.toBe(0);
    const [result] = await place.host.apply([{ kind: 'run', id: 'z', argv: zeros }]);
    expect(result!.stdout).toHaveLength(1024 * 1024);
    const late = place.host.apply([{ kind: 'run', id: 's', argv: ['sleep', '30'], timeoutSeconds: 1 }]);
    await expect(late).rejects.toMatchObject({
      code: /busybox/.test(shell[0]!) ? expect.any(String) : 'OperationTimeout',
    });
  });

  it('shows the last lines of a failure, but never of a secret one', async () => {
    await using place = await privateHost(shell);
    const argv = ['sh', '-c', 'echo hush >&2; exit 4'];
    const open = place.host.apply([{ kind: 'run', id: 'o', argv }]);
    await expect(open).rejects.toMatchObject({ code: 'OperationFailed', evidence: 'hush', host: 'here' });
    const secret = await place.host
      .apply([{ kind: 'run', id: 's', argv, secret: true }])
      .catch((error) => error);
    expect(JSON.stringify([secret.message, secret.evidence, secret.hint])).not.toContain('hush');
  });

  it('restores nothing to memory of commands: values of sysctls and units are those before the first touch', async () => {
    await using place = await privateHost(shell);
    const range = (value: string): Operation => ({
      kind: 'sysctl',
      id: value,
      key: 'net.ipv4.ip_local_port_range',
      value,
    });
    await place.host.apply([range('1024 65000')]);
    await place.host.apply([range('2048\t65000')]);
    const [journal] = await place.host.inspect([{ kind: 'journal' }]);
    expect(journal.map((entry) => entry.before)).toEqual(['32768 60999', '32768 60999']);
    const missing = place.host.apply([{ kind: 'sysctl', id: 'm', key: 'net.no.such', value: '1' }]);
    await expect(missing).rejects.toMatchObject({
      evidence: expect.stringContaining('no such kernel parameter'),
    });
  });

  it("B53: fails with the unit's own words when it does not come up", async () => {
    await using place = await privateHost(shell);
    const failed = place.host.apply([{ kind: 'unit', id: 'b', name: 'broken.service', action: 'restart' }]);
    await expect(failed).rejects.toMatchObject({
      code: 'OperationFailed',
      evidence: expect.stringMatching(/broken.service is failed[\s\S]*last words of the unit/),
    });
  });

  it('B08: goes on after a journal line that a power cut tore', async () => {
    await using place = await privateHost(shell);
    await place.host.apply([write('/a', '1')]);
    await place.host.close();
    const journal = place.path('var/lib/kubewright/journal');
    truncateSync(journal, statSync(journal).size - 4);
    await using host = Object.assign(await place.again(), {
      async [Symbol.asyncDispose]() {
        await host.close();
      },
    });
    await host.apply([write('/b', '2')]);
    const [entries] = await host.inspect([{ kind: 'journal' }]);
    expect(entries.map(({ target, done }) => [target, done])).toEqual([
      ['/a', false],
      ['/b', true],
    ]);
  });

  it('leaves nothing in /run behind, and no temporary file', async () => {
    await using place = await privateHost(shell);
    await place.host.apply([write('/srv/a', '1'), { kind: 'run', id: 'r', argv: ['echo', 'x'] }]);
    await place.host.close();
    expect(existsSync(place.path('run/kubewright'))).toBe(false);
    expect(readdirSync(place.path('srv'))).toEqual(['a']);
  });

  it('a first run that began nothing leaves nothing; one that did keeps its epoch', async () => {
    await using place = await privateHost(shell);
    await place.host.lock({ owner: 'ann' });
    await place.host.unlock(1);
    expect(existsSync(place.path('var/lib/kubewright'))).toBe(false);
    expect(await place.host.lock({ owner: 'bob' })).toEqual({ epoch: 1 });
    await place.host.apply([write('/srv/a', '1')], { epoch: 1 });
    await place.host.unlock(1);
    expect(await place.host.lock({ owner: 'cid' })).toEqual({ epoch: 2 });
  });

  it('B07: breaks the lock of before a reboot', async () => {
    await using place = await privateHost(shell);
    await place.host.lock({ owner: 'ann' });
    writeFileSync(place.path('proc/sys/kernel/random/boot_id'), 'boot-two\n');
    expect(await place.host.lock({ owner: 'bob' })).toEqual({
      epoch: 2,
      broken: { owner: 'ann', why: 'reboot' },
    });
  });

  it("B13: waits for a predecessor's command, and ends it only with the lock in hand", async () => {
    await using place = await privateHost(shell, { patience: 1 });
    mkdirSync(place.path('run'), { recursive: true });
    const lock = place.path('run/kubewright-main.flock');
    const orphan = spawn('sh', ['-c', `exec 9>>'${lock}'; flock 9; echo ready; exec sleep 60`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const ended = once(orphan, 'exit');
    await once(orphan.stdout, 'data');
    await expect(place.host.apply([write('/a', '1')])).rejects.toMatchObject({ code: 'HostBusy', exit: 19 });
    const answer = await place.host.lock({ owner: 'us' });
    await place.host.apply([write('/a', '1')], { epoch: (answer as { epoch: number }).epoch });
    expect((await ended)[1]).toBe('SIGTERM');
  });

  it('B17: is understood after a login shell that talks, and on a host without systemd', async () => {
    await using place = await privateHost(['/bin/sh'], {});
    rmSync(place.path('stub-bin'), { recursive: true });
    mkdirSync(place.path('stub-bin'));
    writeFileSync(place.path('stub-bin/uname'), '#!/bin/sh\necho FreeBSD beastie 14.1 riscv64\n');
    chmodSync(place.path('stub-bin/uname'), 0o755);
    rmSync(place.path('proc'), { recursive: true });
    mkdirSync(place.path('proc'));
    const [facts] = await place.host.inspect([{ kind: 'facts' }]);
    expect(facts).toMatchObject({
      kernel: { name: 'FreeBSD' },
      arch: 'riscv64',
      hostname: 'beastie',
      swaps: [],
      memoryBytes: 0,
    });
  });
});

it('stops after the operations that are under way when it is told to, and the rest is not begun', async () => {
  await using place = await privateHost();
  const stop = new AbortController();
  const batch = Array.from({ length: 40 }, (_, index) => write(`/srv/${index}`, 'x'));
  const stopped = place.host.apply(batch, {
    signal: stop.signal,
    onDone: () => stop.abort(new Error('Ctrl-C')),
  });
  await expect(stopped).rejects.toThrow('Ctrl-C');
  const written = readdirSync(place.path('srv'));
  expect(written.length).toBeLessThan(20);
  await place.host.apply(batch);
  expect(readdirSync(place.path('srv'))).toHaveLength(40);
});

it('asks 60 small files in one exchange, and a second look costs one round trip', async () => {
  await using place = await privateHost();
  await place.host.inspect([{ kind: 'journal' }]);
  const start = place.host.roundTrips;
  await place.host.apply(Array.from({ length: 60 }, (_, index) => write(`/etc/k/${index}`, `file ${index}`)));
  await place.host.inspect(
    Array.from(
      { length: 60 },
      (_, index) => ({ kind: 'file', path: `/etc/k/${index}`, hash: true }) as const,
    ),
  );
  expect(place.host.roundTrips - start).toBe(2);
});

it('reads the facts of this machine as the kernel has them', async () => {
  await using place = await privateHost();
  rmSync(place.path('proc'), { recursive: true });
  const [facts] = await place.host.inspect([{ kind: 'facts' }]);
  expect(facts.kernel).toEqual({
    name: 'Linux',
    release: execFileSync('uname', ['-r'], { encoding: 'utf8' }).trim(),
  });
  expect(facts.bootId).toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  expect(Math.abs(facts.clock.host - facts.clock.here)).toBeLessThan(5000);
  expect(facts.disks.map((disk) => disk.path)).toContain('/var/lib/etcd');
  expect(facts.cpus).toBeGreaterThan(0);
  expect(facts.features.systemd).toBe(false);
});
