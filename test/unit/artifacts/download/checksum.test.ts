import { expect, test } from 'vitest';
import { readChecksum } from '../../../../src/artifacts/download/checksum.ts';

const digest = 'ab'.repeat(32);
const other = '12'.repeat(32);

test.each([
  ['a bare digest', digest],
  ['with a newline, in capitals', `${digest.toUpperCase()}\n`],
  ['a line of sha256sum', `${digest}  file.tgz\n`],
  ['in binary mode', `${digest} *file.tgz\n`],
  ['with a path', `${digest}  ./out/file.tgz\n`],
  ['among others', `${other}  file.tgz.asc\n${digest}  file.tgz\n${other}  another\n`],
  [
    'signed in clear text',
    `-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n${digest}  file.tgz\n-----BEGIN PGP SIGNATURE-----\n`,
  ],
  ["in BSD's words", `SHA256 (file.tgz) = ${digest}\n`],
  ['with carriage returns', `${digest}  file.tgz\r\n`],
])('%s', (_, text) => {
  expect(readChecksum(text, 'file.tgz')).toBe(digest);
});

test.each(['', '<html></html>', `${other}  file`, `${digest.slice(1)}  file.tgz`, `${digest}${digest}`])(
  'not in %j',
  (text) => {
    expect(readChecksum(text, 'file.tgz')).toBeUndefined();
  },
);
