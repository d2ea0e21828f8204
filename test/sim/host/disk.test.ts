import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../src/base/errors.ts';
import type { Connection } from '../../../src/host/connection.ts';
import { connectLocal } from '../../../src/host/local/connection.ts';
import type { Operation } from '../../../src/host/port.ts';
import { openHost } from '../../../src/host/session.ts';
import { expectErrorLine, thrownBy } from '../../golden/error-lines.ts';
import { type PrivateHost, privateHost, shells, smallDisk } from './support/private-host.ts';

const SIZE = 1_500_000;
const upload = (path: string, content: Buffer, open: () => AsyncIterable<Buffer>): Operation => ({
  kind: 'upload',
  id: 'p/big/1',
  path,
  mode: 0o644,
  artifact: {
    sha256: createHash('sha256').update(content).digest('hex'),
    size: content.length,
    open: () => Readable.from(open()),
  },
});

const write = (path: string, content: string): Operation => ({
  kind: 'write',
  id: `w${path}`,
  path,
  content,
  mode: 0o644,
});

/** Its content would leave a mark where somebody takes it for requests. */
function treacherous(place: PrivateHost, path: string): Operation {
  const content = `#\n: >'${place.path('taken-for-a-request')}'\n`;
  return { kind: 'write', id: 'p/file/1', path, content, mode: 0o644 };
}

function readOnly(path: string, on: boolean): void {
  execFileSync('mount', ['-o', `remount,${on ? 'ro' : 'rw'}`, path]);
}

describe.each(Object.entries(shells))('a disk that fails, under %s', (_name, shell) => {
  it.concurrent.each([0, 1, SIZE / 2, SIZE - 1])(
    'B02: an upload that is cut after %i bytes leaves the file that was there; the same again puts the new one',
    async (bytes) => {
      await using place = await privateHost(shell);
      const [old, content] = [randomBytes(1000), randomBytes(SIZE)];
      mkdirSync(place.path('opt'));
      writeFileSync(place.path('opt/big'), old);
      const opened: Connection[] = [];
      const connect = async () => {
        // The host is not reached again.
        if (opened.length > 0)
          throw new KubewrightError({ code: 'Gone', message: 'gone', exit: 'connectionLost' });
        opened.push(await connectLocal({ shell }));
        return opened[0]!;
      };
      const host = await openHost('here', connect, { prefix: place.root });
      const cut = upload('/opt/big', content, async function* () {
        yield content.subarray(0, bytes);
        await opened[0]!.close();
        yield content.subarray(bytes);
      });
      await expect(host.apply([cut])).rejects.toMatchObject({ exit: 21 });
      await host.close();
      expect(readFileSync(place.path('opt/big')).equals(old)).toBe(true);
      const whole = upload('/opt/big', content, async function* () {
        yield content;
      });
      await place.host.apply([whole]);
      expect(readFileSync(place.path('opt/big')).equals(content)).toBe(true);
      expect(readdirSync(place.path('opt'))).toEqual(['big']);
    },
  );

  it('B18: where the journal has no room nothing is changed, and with room again the same goes on', async ({
    skip,
  }) => {
    await using place = await privateHost(shell);
    using disk = smallDisk(place.path('var/lib/kubewright'));
    skip(disk === undefined, 'only root may mount a small file system');
    const filler = place.path('var/lib/kubewright/filler');
    writeFileSync(filler, '');
    execFileSync('sh', ['-c', `dd if=/dev/zero of='${filler}' bs=4096 2>/dev/null || true`]);
    await expect(place.host.apply([write('/etc/new', 'x')])).rejects.toMatchObject({
      code: 'DiskFull',
      exit: 29,
    });
    expect(existsSync(place.path('etc/new'))).toBe(false);
    rmSync(filler);
    await place.host.apply([write('/etc/new', 'x')]);
    expect(readFileSync(place.path('etc/new'), 'utf8')).toBe('x');
  });

  // dd read nothing where it could not open its output: the shell took the file's content for requests, as root.
  it('B20: on a read-only disk the operation fails with its words, and what was to be written is not run', async ({
    skip,
  }) => {
    await using place = await privateHost(shell);
    using disk = smallDisk(place.path('etc'));
    skip(disk === undefined, 'only root may mount a small file system');
    writeFileSync(place.path('etc/old'), 'old');
    readOnly(place.path('etc'), true);
    const failed = place.host.apply([treacherous(place, '/etc/old'), treacherous(place, '/srv/next')]);
    await expect(failed).rejects.toMatchObject({
      code: 'OperationFailed',
      exit: 17,
      step: 'p/file/1',
      message: '/etc/old failed on here',
      evidence: expect.stringMatching(/read-only file system/i),
    });
    const again = place.host.apply([treacherous(place, '/etc/old')]);
    await expect(again).rejects.toMatchObject({ code: 'OperationFailed' });
    expect(existsSync(place.path('taken-for-a-request'))).toBe(false);
    expect(existsSync(place.path('srv/next'))).toBe(false);
    expect(readFileSync(place.path('etc/old'), 'utf8')).toBe('old');
    readOnly(place.path('etc'), false);
    await place.host.apply([treacherous(place, '/etc/old'), treacherous(place, '/srv/next')]);
    expect(existsSync(place.path('srv/next'))).toBe(true);
  });

  it('B25: a kernel parameter that cannot be set fails with its words; one that does not stay is told', async ({
    skip,
  }) => {
    await using place = await privateHost(shell);
    using disk = smallDisk(place.path('proc/sys/net/fixed'));
    skip(disk === undefined, 'only root may mount a small file system');
    writeFileSync(place.path('proc/sys/net/fixed/forward'), '0\n');
    readOnly(place.path('proc/sys/net/fixed'), true);
    const set: Operation = { kind: 'sysctl', id: 's', key: 'net.fixed.forward', value: '1' };
    await expect(place.host.apply([set])).rejects.toMatchObject({
      code: 'OperationFailed',
      message: 'net.fixed.forward failed on here',
      evidence: expect.stringMatching(/read-only file system/i),
    });
    readOnly(place.path('proc/sys/net/fixed'), false);
    await place.host.apply([set]);
    expect(readFileSync(place.path('proc/sys/net/fixed/forward'), 'utf8').trim()).toBe('1');
    rmSync(place.path('proc/sys/net/ipv4/ip_forward'));
    execFileSync('ln', ['-s', '/dev/null', place.path('proc/sys/net/ipv4/ip_forward')]);
    const lost: Operation = { kind: 'sysctl', id: 'l', key: 'net.ipv4.ip_forward', value: '1' };
    await expect(place.host.apply([lost])).rejects.toMatchObject({
      evidence: expect.stringContaining("is '' after '1' was written"),
    });
  });
});

it('B20: where even the lock cannot be written nothing begins', async ({ skip }) => {
  await using place = await privateHost();
  using disk = smallDisk(place.path('var/lib'));
  skip(disk === undefined, 'only root may mount a small file system');
  readOnly(place.path('var/lib'), true);
  const refused = await thrownBy(() => place.host.lock({ owner: 'ann' }));
  await expectErrorLine('B20-lock', refused, [[place.root, '']]);
  readOnly(place.path('var/lib'), false);
  expect(await place.host.lock({ owner: 'ann' })).toEqual({ epoch: 1 });
});

// The words of fsync were thrown away, and everything was written out instead: that says nothing of errors.
it('B20: what the disk does not take (EIO) is not put in place', async () => {
  await using place = await privateHost();
  mkdirSync(place.path('etc'));
  writeFileSync(place.path('etc/old'), 'old');
  const stub = place.path('stub-bin/sync');
  const words = "sync: error syncing '/x': Input/output error";
  writeFileSync(stub, `#!/bin/sh\n[ $# -eq 0 ] || { echo "${words}" >&2; exit 1; }\n`);
  chmodSync(stub, 0o755);
  await expect(place.host.apply([write('/etc/old', 'new')])).rejects.toMatchObject({
    code: 'OperationFailed',
    evidence: words,
  });
  expect(readFileSync(place.path('etc/old'), 'utf8')).toBe('old');
  expect(readdirSync(place.path('etc'))).toEqual(['old']);
  rmSync(stub);
  await place.host.apply([write('/etc/old', 'new')]);
  expect(readFileSync(place.path('etc/old'), 'utf8')).toBe('new');
});
