import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fingerprint,
  judge,
  keyTypeOf,
  knownHostName,
  knownHostsLine,
  orderAlgorithms,
  parseKnownHosts,
} from '../../../../src/host/ssh/known-hosts.ts';
import { appendKnownHost, readKnownHosts } from '../../../../src/host/ssh/known-hosts-files.ts';

const key = (type: string, seed: number): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(type.length);
  return Buffer.concat([head, Buffer.from(type), Buffer.alloc(36, seed)]);
};
const A = key('ssh-ed25519', 1);
const B = key('ssh-ed25519', 2);
const R = key('ssh-rsa', 3);
const line = (names: string, blob: Buffer, marker = ''): string =>
  `${marker ? `${marker} ` : ''}${names} ${keyTypeOf(blob)} ${blob.toString('base64')}`;
const verdict = (lines: string[], name: string, blob: Buffer): string =>
  judge(parseKnownHosts(lines.join('\n'), 'f'), name, blob).kind;

describe('known_hosts', () => {
  it.each([
    ['the plain name', [line('node1', A)], 'node1', A, 'known'],
    ['one of several names', [line('a,node1,10.0.0.1', A)], '10.0.0.1', A, 'known'],
    ['a wildcard', [line('*.example.org', A)], 'n.example.org', A, 'known'],
    ['a negated name', [line('*.example.org,!n.example.org', A)], 'n.example.org', A, 'unknown'],
    ['upper case in the file', [line('NODE1', A)], 'node1', A, 'known'],
    ['another port', [line('node1', A)], '[node1]:2222', A, 'unknown'],
    ['its port', [line('[node1]:2222', A)], '[node1]:2222', A, 'known'],
    ['the second of its keys', [line('node1', B), line('node1', A)], 'node1', A, 'known'],
    ['another key', [line('node1', B)], 'node1', A, 'changed'],
    ['a key of another type', [line('node1', R)], 'node1', A, 'changed'],
    [
      'a revoked key that is also recorded',
      [line('node1', A), line('*', A, '@revoked')],
      'node1',
      A,
      'revoked',
    ],
    ['another revoked key', [line('node1', A), line('*', B, '@revoked')], 'node1', A, 'known'],
    ['only an authority', [line('*', A, '@cert-authority')], 'node1', A, 'unknown'],
    ['a marker from the future', [line('node1', A, '@maybe')], 'node1', A, 'unknown'],
    [
      'comments and damage',
      ['# x', '', 'node1', 'node1 ssh-ed25519', 'node1 ssh-rsa !!!', `${line('node1', A)} me@here`],
      'node1',
      A,
      'known',
    ],
    [
      'a type that is not the one of the key',
      [`node1 ssh-rsa ${A.toString('base64')}`],
      'node1',
      A,
      'unknown',
    ],
    ['windows line ends', [`${line('node1', A)}\r`], 'node1', A, 'known'],
  ])('judges %s', (_, lines, name, blob, expected) => {
    expect(verdict(lines, name, blob)).toBe(expected);
  });

  it('writes names that it finds again, hashed or not, and no others', () => {
    const name = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,40}$/);
    fc.assert(
      fc.property(name, name, fc.integer({ min: 1, max: 65535 }), fc.boolean(), (host, other, port, hash) => {
        const written = knownHostsLine(knownHostName(host, port), A, hash);
        expect(verdict([written], knownHostName(host, port), A)).toBe('known');
        expect(verdict([written], knownHostName(host, port), B)).toBe('changed');
        if (other !== host) expect(verdict([written], knownHostName(other, port), A)).toBe('unknown');
        if (hash) expect(written).not.toContain(host.length > 6 ? host : `${host} ssh`);
      }),
    );
  });

  it('survives any text', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseKnownHosts(text, 'f')));
  });

  it('asks for recorded key types first and never for SHA-1 signatures', () => {
    const entries = parseKnownHosts([line('n', R), line('m', A), line('n', A, '@revoked')].join('\n'), 'f');
    expect(orderAlgorithms(entries, 'n').slice(0, 3)).toEqual([
      'rsa-sha2-512',
      'rsa-sha2-256',
      'ssh-ed25519',
    ]);
    expect(orderAlgorithms(entries, 'm')[0]).toBe('ssh-ed25519');
    expect(orderAlgorithms(entries, 'x')).not.toContain('ssh-rsa');
  });

  it('prints fingerprints as ssh-keygen does', () => {
    expect(fingerprint(Buffer.from('abc'))).toBe('SHA256:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0');
  });

  it('appends without a torn line and keeps the mode of a file that is there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubewright-known-'));
    const file = join(folder, 'known_hosts');
    writeFileSync(file, 'last line without an end', { mode: 0o644 });
    await Promise.all(Array.from({ length: 20 }, (_, i) => appendKnownHost(file, line(`h${i}`, A))));
    expect((await readKnownHosts([file, join(folder, 'none')])).map((e) => e.names[0]).sort()).toHaveLength(
      20,
    );
    expect(readFileSync(file, 'utf8')).toMatch(/^last line without an end\n/);
    expect(statSync(file).mode & 0o777).toBe(0o644);
    await expect(appendKnownHost(join(file, 'x'), 'l')).rejects.toMatchObject({
      code: 'KnownHostsUnusable',
      exit: 13,
    });
    rmSync(folder, { recursive: true });
  });
});
