import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readHostConfig } from '../../../../src/host/ssh/config.ts';
import { readDirectives } from '../../../../src/host/ssh/config-lines.ts';
import { matchesPattern } from '../../../../src/host/ssh/patterns.ts';

describe('ssh_config', () => {
  let home: string;
  let file: string;
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'kubewright-config-'));
    file = join(home, 'config');
  });
  afterAll(() => rmSync(home, { recursive: true }));

  const read = (
    text: string,
    more: { files?: string[]; env?: Record<string, string>; host?: string } = {},
  ) => {
    writeFileSync(file, text, { mode: 0o600 });
    return readHostConfig(
      { host: more.host ?? 'node1' },
      { configFiles: more.files ?? [file], env: { HOME: home, USER: 'me', ...more.env } },
    );
  };

  it('has the defaults of ssh', async () => {
    expect(await read('')).toEqual({
      alias: 'node1',
      host: 'node1',
      port: 22,
      user: 'me',
      identityFiles: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((n) => ({
        path: join(home, '.ssh', n),
        explicit: false,
      })),
      identitiesOnly: false,
      userKnownHostsFiles: [join(home, '.ssh/known_hosts'), join(home, '.ssh/known_hosts2')],
      globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      hashKnownHosts: false,
      jumps: [],
      notes: [],
    });
  });

  it('reads everything that it honours', async () => {
    const text = `IdentitiesOnly yes
UserKnownHostsFile ~/a "~/b c" none
GlobalKnownHostsFile /g
HostKeyAlias alias
HashKnownHosts yes
StrictHostKeyChecking yes
ConnectTimeout 7
IdentityAgent \${XDG}/agent
AddressFamily inet6
BindAddress 10.0.0.9
ProxyJump u@j1:2022,[fd00::1]:23,j3
IdentityFile %d/k-%h-%r-%u-%%
CertificateFile ~/.ssh/c
`;
    expect(await read(text, { env: { XDG: '/run/me' } })).toMatchObject({
      identitiesOnly: true,
      userKnownHostsFiles: [join(home, 'a'), join(home, 'b c')],
      globalKnownHostsFiles: ['/g'],
      hostKeyAlias: 'alias',
      hashKnownHosts: true,
      strictAt: `${file}:6`,
      connectTimeoutMs: 7000,
      agent: '/run/me/agent',
      family: 6,
      bindAddress: '10.0.0.9',
      jumps: [{ user: 'u', host: 'j1', port: 2022 }, { host: 'fd00::1', port: 23 }, { host: 'j3' }],
      identityFiles: [{ path: join(home, 'k-node1-me-me-%'), explicit: true }],
      notes: [`${file}:13: certificatefile was left aside`],
    });
  });

  it.each([
    ['ProxyCommand nc %h %p', 1, 'ProxyCommand'],
    ['Host node1\n  ProxyCommand nc', 2, 'ProxyCommand'],
    ['Match exec "touch /tmp/x"\n User x', 1, 'Match exec'],
    ['Match tagged x\n', 1, 'Match tagged'],
    ['CanonicalizeHostname yes', 1, 'CanonicalizeHostname'],
    ['RevokedHostKeys /x', 1, 'RevokedHostKeys'],
    ['Port 99999', 1, 'Port'],
    ['HostName $(reboot)', 1, 'HostName'],
    ['HostName -oProxyCommand=x', 1, 'HostName'],
    ['User a;b', 1, 'User'],
    ['ProxyJump -oX', 1, 'ProxyJump'],
    ['IdentityFile %z', 1, '%z'],
    ['IdentityFile ${NOT_SET}', 1, 'NOT_SET'],
    ['User "open', 1, 'quote'],
    ['User', 1, 'no value'],
  ])('refuses %j and names the line', async (text, number, words) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'SshConfigUnsupported',
      exit: 23,
      message: expect.stringMatching(new RegExp(`${file}:${number}: .*${words.replace('%', '\\%')}`, 's')),
    });
  });

  it('passes over what does not hold for this host, and what is switched off', async () => {
    const text =
      'Host other\n ProxyCommand nc\nMatch host zzz exec false\n User x\nHost *\nProxyCommand none\nProxyJump j\n';
    expect(await read(text)).toMatchObject({ user: 'me', jumps: [] });
    expect((await read('ProxyJump j\nProxyCommand nc\n')).jumps).toEqual([{ host: 'j' }]);
  });

  it('lets the first file win, and does not carry a Host block over into the second', async () => {
    const second = join(home, 'second');
    writeFileSync(second, 'User second\nPort 44\n', { mode: 0o600 });
    expect(await read('Host other\n User wrong\n', { files: [file, second] })).toMatchObject({
      user: 'second',
      port: 44,
    });
    expect(await read('User first\n', { files: [file, second] })).toMatchObject({ user: 'first', port: 44 });
  });

  it('refuses a file that others may write, and includes that never end', async () => {
    await read('');
    chmodSync(file, 0o666);
    await expect(
      readHostConfig({ host: 'x' }, { configFiles: [file], env: { HOME: home } }),
    ).rejects.toMatchObject({ hint: `chmod go-w ${file}` });
    chmodSync(file, 0o600);
    await expect(read(`Include ${file}\n`)).rejects.toMatchObject({
      message: expect.stringContaining('too deep'),
    });
  });

  it('survives any text: directives or a clear error', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        try {
          readDirectives(text, 'f');
        } catch (error) {
          expect(error).toMatchObject({ code: 'SshConfigUnsupported' });
        }
      }),
    );
  });

  it('matches patterns as a regular expression would, without its blow-up', () => {
    const text = fc.string({ unit: fc.constantFrom(...'ab.*?'), maxLength: 12 });
    fc.assert(
      fc.property(text, text, (subject, pattern) => {
        const source = pattern.replaceAll('.', '\\.').replaceAll('*', '[^]*').replaceAll('?', '[^]');
        expect(matchesPattern(subject, pattern)).toBe(new RegExp(`^${source}$`).test(subject));
      }),
    );
    expect(matchesPattern('a'.repeat(5000), `${'*a'.repeat(500)}*b`)).toBe(false);
  });
});
