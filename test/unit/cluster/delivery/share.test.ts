import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openShare, shareUrl } from '../../../../src/cluster/delivery/share.ts';
import { textTemplate } from '../../../../src/cluster/manifests/template.ts';

const TOKEN = '0123456789abcdef'.repeat(2);
const DIGEST = 'ab'.repeat(32);
const CONTENT = Buffer.from('an artifact, with \0 and \n in it');

describe('a share of artifacts', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kubewright-answer-'));
    mkdirSync(join(root, 'share', TOKEN), { recursive: true });
    writeFileSync(join(root, 'share', TOKEN, DIGEST), CONTENT);
    writeFileSync(join(root, 'secret'), 'secret');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const answer = (request: string) => {
    const argv = ['-c', textTemplate('share/answer.sh'), 'answer.sh', join(root, 'share')];
    const { stdout, status } = spawnSync('sh', argv, { input: request });
    const end = stdout.indexOf('\r\n\r\n');
    return { status, head: stdout.subarray(0, end).toString().split('\r\n'), body: stdout.subarray(end + 4) };
  };
  const get = (path: string, ...headers: string[]) =>
    answer(`${[`GET ${path} HTTP/1.1`, 'Host: x', ...headers].join('\r\n')}\r\n\r\n`);

  it('gives what is asked for by its digest', () => {
    const { head, body, status } = get(`/${TOKEN}/${DIGEST}`);
    expect(head).toEqual(['HTTP/1.1 200 OK', `Content-Length: ${CONTENT.length}`, 'Connection: close']);
    expect({ body, status }).toEqual({ body: CONTENT, status: 0 });
  });

  it('gives the rest of it to a download that was cut', () => {
    const { head, body } = get(`/${TOKEN}/${DIGEST}`, 'range: bytes=10-');
    expect(head[0]).toBe('HTTP/1.1 206 Partial Content');
    expect(head).toContain(`Content-Range: bytes 10-${CONTENT.length - 1}/${CONTENT.length}`);
    expect(head).toContain(`Content-Length: ${CONTENT.length - 10}`);
    expect(body).toEqual(CONTENT.subarray(10));
    expect(get(`/${TOKEN}/${DIGEST}`, `Range: bytes=${CONTENT.length}-`).head[0]).toMatch(/ 416 /);
    for (const range of [
      'bytes=0-',
      'bytes=2-5',
      'bytes=-3',
      'bytes=010-',
      'bytes=$(id)-',
      'bytes=99999999999999999999-',
    ])
      expect(get(`/${TOKEN}/${DIGEST}`, `Range: ${range}`).body, range).toEqual(CONTENT);
  });

  it.each([
    '/',
    '',
    `/${TOKEN}`,
    `/${TOKEN}/`,
    `/${TOKEN}/${'cd'.repeat(32)}`,
    `/${'f'.repeat(32)}/${DIGEST}`,
    `/${TOKEN}/../../secret`,
    `/${TOKEN}/${DIGEST}/`,
    `//${TOKEN}/${DIGEST}`,
    `/${TOKEN}/${DIGEST}?x`,
    '/../secret',
    '/*/*',
    `/${TOKEN.toUpperCase()}/${DIGEST}`,
  ])('does not know %j', (path) => {
    expect(get(path)).toMatchObject({ status: 0, body: Buffer.alloc(0) });
    expect(get(path).head).toEqual(['HTTP/1.1 404 Not Found', 'Content-Length: 0', 'Connection: close']);
  });

  it('knows no other method, has no patience with endless headers, and says nothing to nothing', () => {
    expect(answer(`POST /${TOKEN}/${DIGEST} HTTP/1.1\r\n\r\n`).head[0]).toMatch(/ 404 /);
    const many = Array.from({ length: 60 }, (_, index) => `X-${index}: y`);
    expect(get(`/${TOKEN}/${DIGEST}`, ...many).head[0]).toMatch(/ 431 /);
    expect(
      spawnSync('sh', ['-c', textTemplate('share/answer.sh'), 'x', root], { input: '' }).stdout,
    ).toHaveLength(0);
  });

  it('ends with its run, and leaves another run’s as it is', () => {
    const place = (name: string) => join(root, name);
    mkdirSync(place('bin'));
    writeFileSync(place('bin/systemctl'), `#!/bin/sh\necho "$*" >>${place('calls')}\n`);
    chmodSync(place('bin/systemctl'), 0o755);
    const units = openShare('192.0.2.1').flatMap((draft) => ('path' in draft ? [draft.path] : []));
    const files = [...new Set(units.map((path) => path.slice(path.lastIndexOf('/') + 1)))];
    for (const folder of ['units', 'scripts']) mkdirSync(place(folder));
    for (const name of [...files, 'other.socket']) writeFileSync(place(`units/${name}`), '');
    for (const name of ['answer.sh', 'end.sh']) rmSync(place(`units/${name}`));
    mkdirSync(place('share/other'));
    const script = textTemplate('share/end.sh', {
      ...{ folder: place('share'), scripts: place('scripts'), units: place('units') },
    });
    const env = { PATH: `${place('bin')}:${process.env.PATH}` };
    const end = (...tokens: string[]) => spawnSync('sh', ['-c', script, 'end.sh', ...tokens], { env }).status;
    expect(end(TOKEN)).toBe(0);
    expect(readdirSync(place('share'))).toEqual(['other']);
    expect(existsSync(place('calls'))).toBe(false);
    expect(end()).toBe(0);
    expect([existsSync(place('share')), existsSync(place('scripts')), readdirSync(place('units'))]).toEqual([
      ...[false, false, ['other.socket']],
    ]);
    expect(readFileSync(place('calls'), 'utf8')).toBe(
      'stop kubewright-share.socket\nstop kubewright-share-end.timer\nstop kubewright-share@*.service\ndaemon-reload\n',
    );
    expect(readFileSync(place('secret'), 'utf8')).toBe('secret');
    // Twice, and on a host that never had one.
    expect(end()).toBe(0);
  });

  it('is at the address of its node, of either family', () => {
    const socket = (address: string) =>
      openShare(address).flatMap((draft) =>
        draft.kind === 'write' && draft.path.endsWith('.socket') ? [String(draft.content)] : [],
      )[0];
    expect(socket('192.0.2.1')).toContain('ListenStream=192.0.2.1:10299\n');
    expect(socket('2001:db8::1')).toContain('ListenStream=[2001:db8::1]:10299\n');
    expect(shareUrl('2001:db8::1', TOKEN, DIGEST)).toBe(`http://[2001:db8::1]:10299/${TOKEN}/${DIGEST}`);
  });
});
