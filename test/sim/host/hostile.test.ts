import { createHash } from 'node:crypto';
import { chmodSync, writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { readFailure } from '../../../src/cli/read-failure.ts';
import { renderFailure } from '../../../src/cli/render-error.ts';
import type { Operation } from '../../../src/host/port.ts';
import { type PrivateHost, privateHost } from './support/private-host.ts';

const HOSTILE = String.raw`printf 'one\0two \033]0;owned\007 \377\376 \033[2Jthree\n' >&2; exit 3`;

function stub(place: PrivateHost, name: string, script: string): void {
  writeFileSync(place.path(`stub-bin/${name}`), `#!/bin/sh\n${script}\n`);
  chmodSync(place.path(`stub-bin/${name}`), 0o755);
}

it('B60: a gigabyte that a command prints costs no memory here, and the next answer is whole', async () => {
  await using place = await privateHost();
  const before = process.memoryUsage().rss;
  let peak = before;
  const watch = setInterval(() => {
    peak = Math.max(peak, process.memoryUsage().rss);
  }, 10);
  const [flood, next] = await place.host
    .inspect([
      { kind: 'run', argv: ['head', '-c', '1000000000', '/dev/zero'] },
      { kind: 'run', argv: ['echo', 'next'] },
    ])
    .finally(() => clearInterval(watch));
  expect(flood.stdout).toHaveLength(1024 * 1024);
  expect(next).toMatchObject({ exit: 0, stdout: 'next\n' });
  expect(peak - before).toBeLessThan(100e6);
});

it('B60: NUL, bad UTF-8 and escape sequences in the words of a command reach no terminal', async () => {
  await using place = await privateHost();
  const error = await place.host
    .apply([{ kind: 'run', id: 'p/run/1', argv: ['sh', '-c', HOSTILE] }])
    .catch((thrown: unknown) => thrown);
  const text = renderFailure(readFailure(error, []), { json: false, debug: false, colour: false });
  expect(text).toMatch(/\| one.two .*three\n/);
  // Line breaks alone are of our own making.
  expect([...text].filter((letter) => /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(letter))).toEqual([]);
});

it('B52: a containerd that takes the connection and says nothing ends the operation in its time', async () => {
  await using place = await privateHost();
  stub(place, 'ctr', 'case "$*" in *import*) exec sleep 60 ;; esac');
  const content = Buffer.from('archive');
  const image: Operation = {
    kind: 'image',
    id: 'images/pause/1',
    reference: 'registry.k8s.io/pause:3.10',
    timeoutSeconds: 1,
    artifact: {
      sha256: createHash('sha256').update(content).digest('hex'),
      size: content.length,
      open: () => Readable.from([content]),
    },
  };
  await expect(place.host.apply([image])).rejects.toMatchObject({
    code: 'OperationTimeout',
    exit: 17,
    step: 'images/pause/1',
    message: 'registry.k8s.io/pause:3.10 on here did not end within 1 seconds',
  });
});
