import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { detachedSignature, isSignedWith } from '../../../../src/cluster/discovery/jws.ts';
import { readClusterInfo } from '../../../../src/cluster/discovery/kubeconfig.ts';
import { pinnedCertificates, requirePins } from '../../../../src/cluster/discovery/pins.ts';
import { type JoinTicket, requireTicket } from '../../../../src/cluster/discovery/ticket.ts';
import { caCertHash } from '../../../../src/cluster/pki/hash.ts';
import { makeAuthority } from '../../../api/support/certificates.ts';

describe('the signature of cluster-info', () => {
  // k8s.io/cluster-bootstrap@v0.37.2/token/jws/jws_test.go
  const content = 'Hello from the other side. I must have called a thousand times.';
  const token = { id: 'joshua', secret: 'my voice is my passcode' };
  const header = 'eyJhbGciOiJIUzI1NiIsImtpZCI6Impvc2h1YSJ9';

  it.each([
    ['a text', content, token, 'VShe2taLd-YTrmWuRkcL_8QTNDHYxQIEBsAYYiIj1_8'],
    ['nothing', '', token, '7Ui1ALizW4jXphVUB7xUqC9vLYLL9RZeOFfVLoB7Tgk'],
    [
      'a text without a secret',
      content,
      { id: 'joshua', secret: '' },
      'UfkqvDGiIFxrMnFseDj9LYJOLNrvjW8aHhF71mvvAs8',
    ],
  ])('is that of Kubernetes for %s', (_, text, parts, signature) => {
    expect(detachedSignature(text, parts)).toBe(`${header}..${signature}`);
  });

  it('is refused when anything else was signed, with another secret, under another id, or in another way', () => {
    const good = detachedSignature(content, token);
    expect(isSignedWith(token, content, good)).toBe(true);
    expect(isSignedWith(token, `${content} `, good)).toBe(false);
    expect(isSignedWith({ ...token, secret: 'my voice is my passcodf' }, content, good)).toBe(false);
    expect(isSignedWith({ ...token, id: 'joshub' }, content, good)).toBe(false);
    expect(isSignedWith(token, content, `${good}foo`)).toBe(false);
    const none = Buffer.from('{"alg":"none","kid":"joshua"}').toString('base64url');
    for (const other of ['', '..', `${none}..`, good.replace('..', '.e30.')]) {
      expect(isSignedWith(token, content, other)).toBe(false);
    }
  });
});

describe('pins', () => {
  it('are the hash of the public key: a CA that was issued anew with the same key keeps it', async () => {
    const { cert } = await makeAuthority('one');
    expect(caCertHash(cert)).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(requirePins([caCertHash(cert).toUpperCase().replace('SHA256', 'sha256')])).toEqual([
      caCertHash(cert),
    ]);
  });

  it('choose from a bundle only what they name', async () => {
    const [one, two] = [await makeAuthority('one'), await makeAuthority('two')];
    const bundle = one.cert + two.cert;
    const chosen = pinnedCertificates('https://x:6443', bundle, [caCertHash(two.cert)]);
    expect(new X509Certificate(chosen).subject).toBe('CN=two');
    expect(chosen.match(/BEGIN/g)).toHaveLength(1);
    const other = caCertHash((await makeAuthority('three')).cert);
    expect(() => pinnedCertificates('https://x:6443', bundle, [other])).toThrow(
      expect.objectContaining({
        code: 'CaNotPinned',
        message: expect.stringContaining(caCertHash(one.cert)),
      }),
    );
  });

  it.each(['', 'sha256:', `sha256:${'0'.repeat(63)}`, `sha1:${'0'.repeat(64)}`, `sha256:${'g'.repeat(64)}`])(
    'are refused as "%s"',
    (pin) => {
      expect(() => requirePins([pin])).toThrow(expect.objectContaining({ code: 'InvalidCaCertHash' }));
    },
  );
});

describe('a ticket', () => {
  const ticket: JoinTicket = {
    server: '10.0.0.1:6443',
    token: 'abcdef.0123456789abcdef',
    caCertHashes: [`sha256:${'0'.repeat(64)}`],
    unsafeSkipCaVerification: false,
    discoveryMs: 0,
  };

  it.each([
    ['10.0.0.1:6443', '10.0.0.1', 6443],
    ['https://api.example.com:443/', 'api.example.com', 443],
    ['api.example.com', 'api.example.com', 6443],
    ['[fd00::1]:7443', 'fd00::1', 7443],
  ])('goes to %s', (server, host, port) => {
    expect(requireTicket({ ...ticket, server })).toMatchObject({ host, port });
  });

  it.each([
    '',
    ':6443',
    'http://10.0.0.1:6443',
    '10.0.0.1:0',
    '10.0.0.1:65536',
    'fd00::1',
    'a b:1',
    'x:1/path',
    '-:',
  ])('does not go to "%s"', (server) => {
    expect(() => requireTicket({ ...ticket, server })).toThrow(
      expect.objectContaining({ code: 'InvalidServer' }),
    );
  });

  it('has a token, whose text no error repeats, and a pin, unless it is said that there is none', () => {
    const token = 'abcdef.9876543210abcdefg';
    const refused = expect.objectContaining({
      code: 'InvalidToken',
      message: expect.not.stringContaining('9876'),
    });
    expect(() => requireTicket({ ...ticket, token })).toThrow(refused);
    const unpinned = { ...ticket, caCertHashes: [] };
    expect(() => requireTicket(unpinned)).toThrow(expect.objectContaining({ code: 'CaCertHashMissing' }));
    expect(requireTicket({ ...unpinned, unsafeSkipCaVerification: true }).pins).toEqual([]);
  });
});

describe('the kubeconfig in cluster-info', () => {
  const data = Buffer.from('-----BEGIN CERTIFICATE-----').toString('base64');
  const cluster = (fields: string) => `clusters:\n- cluster: {${fields}}\n  name: ""\n`;

  it('is one cluster with a server and a CA', () => {
    const text = cluster(`server: "https://10.0.0.1:6443", certificate-authority-data: ${data}`);
    expect(readClusterInfo(text)).toEqual({
      server: 'https://10.0.0.1:6443',
      ca: '-----BEGIN CERTIFICATE-----',
    });
  });

  it.each([
    ['nothing', ''],
    ['no YAML', '{'],
    ['no cluster', 'clusters: null'],
    ['no map', '[]'],
    ['two clusters', 'clusters:\n- cluster: {}\n- cluster: {}\n'],
    ['plain HTTP', cluster(`server: "http://10.0.0.1", certificate-authority-data: ${data}`)],
    ['no CA', cluster('server: "https://10.0.0.1:6443"')],
    [
      'something else for a CA',
      cluster('server: "https://10.0.0.1:6443", certificate-authority-data: aGVsbG8='),
    ],
  ])('is refused with %s', (_, text) => {
    expect(readClusterInfo(text)).toBeUndefined();
  });
});
