import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { drawKills, KINDS, keyOf, WAYS } from '../../lab/matrix/draw.ts';
import { changedAgain } from '../../lab/matrix/trial.ts';
import { Authorities, tornFiles } from '../../lab/matrix/whole.ts';

const disk = (files: Record<string, string>) =>
  new Map(Object.entries(files).map(([path, text]) => [path, Buffer.from(text)]));

describe('kills on real hosts are drawn', () => {
  const points = Array.from({ length: 50 }, (_, index) => `phase/step/${index}`);
  const draw = (seed: number, tried: readonly string[] = []) =>
    drawKills('init', points, { seed, turn: 1, count: 6, tried: new Set(tried) });

  it('by the seed alone, in the order in which the command comes by, one way for each operation', () => {
    const kills = draw(7);
    expect(draw(7)).toEqual(kills);
    expect(draw(8)).not.toEqual(kills);
    const order = kills.map(({ point }) => points.indexOf(point));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(new Set(order).size).toBe(6);
  });

  it('so that all ways and kinds come, and what does not end a run only at the end', () => {
    const all = Array.from({ length: 40 }, (_, seed) => draw(seed));
    expect(new Set(all.flat().map(({ way }) => way))).toEqual(new Set(WAYS));
    expect(new Set(all.flat().map(({ kind }) => kind))).toEqual(new Set(KINDS));
    const others = all.flatMap((kills) => kills.slice(0, -1)).map(({ kind }) => kind);
    expect(new Set(others)).toEqual(new Set(['kill9', 'power']));
  });

  it('so that silence comes only where something was sent to a host', () => {
    const requests = points.map((point) => `api/PUT /${point}`);
    const all = Array.from({ length: 60 }, (_, seed) => [
      ...drawKills('init', requests, { seed, turn: 1, count: 1, tried: new Set() }),
      ...draw(seed).filter(({ way }) => way === 'before'),
    ]);
    expect(all.flat().filter(({ kind }) => kind === 'outage')).toEqual([]);
  });

  it('each of them once', () => {
    const first = draw(7).map(keyOf);
    expect(
      draw(7, first)
        .map(keyOf)
        .filter((key) => first.includes(key)),
    ).toEqual([]);
  });
});

describe('what a kill on a real host may not leave is found', () => {
  const path = '/etc/kubernetes/kubelet.conf';

  it('a file that is the beginning of what it was to become, or nothing at all', () => {
    const [before, after] = [disk({ [path]: 'the old one' }), disk({ [path]: 'the new one' })];
    expect(tornFiles('cp1', before, before, after)).toEqual([]);
    expect(tornFiles('cp1', after, before, after)).toEqual([]);
    for (const text of ['the new', 'the o', '']) {
      expect(tornFiles('cp1', disk({ [path]: text }), before, after)).toEqual([`cp1:${path} is torn`]);
    }
  });

  it('half of a key that nobody has seen whole', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
    const name = '/etc/kubernetes/pki/ca.key';
    expect(tornFiles('cp1', disk({ [name]: pem }))).toEqual([]);
    expect(tornFiles('cp1', disk({ [name]: pem.slice(0, 100) }))).toEqual([`cp1:${name} is torn`]);
  });

  it('a key of an authority that is another one than it was, on whichever host', () => {
    const name = '/etc/kubernetes/pki/sa.key';
    const life = new Authorities();
    expect(life.look('cp1', disk({ [name]: 'one' }))).toEqual([]);
    expect(life.look('cp2', disk({ [name]: 'one' }))).toEqual([]);
    expect(life.look('cp2', disk({ [name]: 'other' }))).toEqual([`cp2:${name} is another one than at first`]);
  });

  it('a third run that changes something, of one host or of several', () => {
    expect(changedAgain('{"node":"cp1","changed":0}')).toEqual([]);
    expect(changedAgain('{"node":"cp1","changed":2}')).toEqual(['the third run changed 2 on cp1']);
    const hosts = [
      { node: 'w1', changed: 0 },
      { node: 'w2', changed: 1 },
    ];
    expect(changedAgain(JSON.stringify({ hosts }))).toEqual(['the third run changed 1 on w2']);
  });
});
