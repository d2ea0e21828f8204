import { describe, expect, it } from 'vitest';
import { tokenJson, tokenTable } from '../../../../src/cli/token-text.ts';
import { bootstrapTokenSecret } from '../../../../src/cluster/manifests/bootstrap-token.ts';
import { checkTokenOptions, expiryOf } from '../../../../src/cluster/tokens/check.ts';
import { type BootstrapToken, tokenOf } from '../../../../src/cluster/tokens/read.ts';
import type { KubeObject } from '../../../../src/kube/port.ts';

const TOKEN = 'abcdef.0123456789abcdef';
const now = new Date('2026-11-25T10:00:00Z');
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a token in its Secret', () => {
  it('is read as it was written', () => {
    const expires = new Date('2026-11-26T10:00:00Z');
    const options = { expires, description: 'for rack 7', usages: ['signing'], groups: [] };
    expect(tokenOf(bootstrapTokenSecret(TOKEN, options))).toEqual({ token: TOKEN, ...options });
    expect(tokenOf(bootstrapTokenSecret(TOKEN))).toEqual({
      token: TOKEN,
      usages: ['authentication', 'signing'],
      groups: ['system:bootstrappers:kubeadm:default-node-token'],
    });
  });

  it.each([
    ['another name', { metadata: { name: 'bootstrap-token-xxxxxx' } }, /which is not its name's/],
    ['no secret', { data: { 'token-id': base64('abcdef') } }, /holds no bootstrap token/],
    ['no time', { data: { ...dataOf(), expiration: base64('tomorrow') } }, /no time: "tomorrow"/],
    ['nothing', { data: undefined }, /token id ""/],
  ])('with %s is told of', (_, changes, words) => {
    const secret = { ...bootstrapTokenSecret(TOKEN), ...changes } as KubeObject;
    expect(tokenOf(secret)).toMatch(words);
  });
});

function dataOf(): Record<string, string> {
  return bootstrapTokenSecret(TOKEN).data as Record<string, string>;
}

describe('options of a token', () => {
  it('are refused in so many words', () => {
    const refused = (code: string) => expect.objectContaining({ code, exit: 23 });
    expect(() => checkTokenOptions({ usages: ['sign'] })).toThrow(refused('InvalidTokenUsage'));
    expect(() => checkTokenOptions({ groups: ['system:masters'] })).toThrow(refused('InvalidTokenGroup'));
    const unused = { usages: ['signing'], groups: ['system:bootstrappers:a'] };
    expect(() => checkTokenOptions(unused)).toThrow(refused('InvalidTokenGroup'));
    expect(() => checkTokenOptions({ groups: ['system:bootstrappers:a:b-1'] })).not.toThrow();
    for (const ttl of ['1', '-1h', '1d', '']) {
      expect(() => expiryOf(ttl, now)).toThrow(refused('InvalidTokenTtl'));
    }
  });

  it('say when it ends', () => {
    expect(expiryOf('24h0m0s', now)).toEqual(new Date('2026-11-26T10:00:00Z'));
    expect(expiryOf('0', now)).toBeUndefined();
  });

  it.each(['0s', '0h0m0s', '0ms', '0.0h'])('never end with %s, as with kubeadm', (ttl) => {
    expect(expiryOf(ttl, now)).toBeUndefined();
  });
});

describe('the table of tokens', () => {
  const token = (expires: string | undefined): BootstrapToken => ({
    token: TOKEN,
    ...(expires ? { expires: new Date(expires) } : {}),
    usages: [],
    groups: [],
  });
  const left = (expires: string | undefined) =>
    tokenTable([token(expires)], now)
      .split('\n')[1]!
      .split(/ {2,}/)[1];

  it('is empty where there is none', () => {
    expect(tokenTable([], now)).toBe('');
    expect(tokenJson([])).toBe('');
  });

  it.each([
    ['2026-11-25T10:00:59Z', '59s'],
    ['2026-11-25T10:59:59Z', '59m'],
    ['2026-11-26T09:59:59Z', '23h'],
    ['2026-11-28T11:00:00Z', '3d'],
    ['2028-12-25T10:00:00Z', '2y'],
    ['2026-11-25T09:59:59Z', '0s'],
    ['2026-11-25T09:00:00Z', '<invalid>'],
    [undefined, '<forever>'],
  ])('says of %s that it ends in %s', (expires, text) => {
    expect(left(expires)).toBe(text);
  });
});
