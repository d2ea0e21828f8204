import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { reviewEncryption, writingKey } from '../../../../src/cluster/encryption/config.ts';
import { ENCRYPTION_PROVIDERS, type EncryptionProvider } from '../../../../src/cluster/spec/sections.ts';

interface Config {
  resources: { resources: string[]; providers: Record<string, { keys?: { secret: string }[] }>[] }[];
}

const providersOf = (text: string) =>
  (parse(text) as Config).resources[0]!.providers.map((provider) => Object.keys(provider)[0]);
const keysOf = (text: string) => [...text.matchAll(/secret: (\S+)/g)].map(([, secret]) => secret!);

describe('the EncryptionConfiguration', () => {
  it.each(['secretbox', 'aesgcm', 'aescbc'] as const)(
    '%s: a key of 32 random bytes, plain text last',
    (wanted) => {
      const review = reviewEncryption(undefined, wanted);
      expect(review.why).toBe('missing');
      const text = review.text();
      expect(providersOf(text)).toEqual([wanted, 'identity']);
      expect(keysOf(text).map((key) => Buffer.from(key, 'base64').length)).toEqual([32]);
      expect(reviewEncryption(undefined, wanted).text()).not.toBe(text);
      expect(reviewEncryption(Buffer.from(text), wanted).why).toBeUndefined();
      expect(writingKey(text)).toMatch(new RegExp(`^${wanted}/key-[0-9a-f]{8}$`));
    },
  );

  it('is not made where nothing is to be encrypted', () => {
    expect(reviewEncryption(undefined, 'none').why).toBeUndefined();
  });

  it('keeps every key for reading, whatever is switched to and back', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ENCRYPTION_PROVIDERS), { minLength: 1 }), (wishes) => {
        let text: string | undefined;
        const keys = new Set<string>();
        for (const wanted of wishes) {
          const review = reviewEncryption(text === undefined ? undefined : Buffer.from(text), wanted);
          if (review.why) text = review.text();
          if (text === undefined) continue;
          for (const key of keysOf(text)) keys.add(key);
          expect(new Set(keysOf(text))).toEqual(keys);
          expect(providersOf(text)[0]).toBe(wanted === 'none' ? 'identity' : wanted);
          expect(providersOf(text)).toContain('identity');
        }
        // One of each kind at most: a key that is there already is taken again.
        expect(keys.size).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('leaves a key service of the site alone, and what else it encrypts', () => {
    const text = `kind: EncryptionConfiguration
apiVersion: apiserver.config.k8s.io/v1
resources:
- resources: [secrets, configmaps]
  providers:
  - kms: {apiVersion: v2, name: vault, endpoint: unix:///run/kms.sock}
  - identity: {}
`;
    expect(reviewEncryption(Buffer.from(text), 'secretbox').why).toBeUndefined();
    expect(writingKey(text)).toBe('kms/vault');
    const plain = text.replace(/ {2}- kms.*\n/, '');
    const changed = reviewEncryption(Buffer.from(plain), 'secretbox').text();
    expect((parse(changed) as Config).resources[0]!.resources).toEqual(['secrets', 'configmaps']);
  });

  it.each([
    ['not YAML', 'keys: [secret: c2VjcmV0LWNhbmFyeQ==', 'is not YAML'],
    ['another kind', 'kind: Policy\nsecret: c2VjcmV0LWNhbmFyeQ==', 'is no EncryptionConfiguration'],
    ['nothing about secrets', 'kind: EncryptionConfiguration\nresources: []', 'says nothing of secrets'],
    ['empty', '', 'is no EncryptionConfiguration'],
  ])('%s is never overwritten, and not quoted', (_, text, words) => {
    const wanted: EncryptionProvider = 'secretbox';
    let thrown: unknown;
    try {
      reviewEncryption(Buffer.from(text), wanted);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: 'EncryptionConfigUnusable' });
    expect(String((thrown as Error).message)).toContain(words);
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('c2VjcmV0');
  });
});
