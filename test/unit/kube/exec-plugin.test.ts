import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { authorize, type ExecPolicy } from '../../../src/kube/kubeconfig/authorize.ts';
import { ExecPlugin, runPlugin } from '../../../src/kube/kubeconfig/exec.ts';
import type { ExecEntry } from '../../../src/kube/kubeconfig/model.ts';

const V1 = 'client.authentication.k8s.io/v1';
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'exec-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function plugin(
  script: string,
  entry: Partial<ExecEntry> = {},
  more: { interactive?: boolean; timeoutMs?: number } = {},
) {
  writeFileSync(join(folder, 'plugin'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return {
    entry: { apiVersion: V1, command: './plugin', ...entry },
    user: 'u',
    kubeconfig: join(folder, 'config'),
    cluster: { server: 'https://h:1', ca: 'CA' },
    env: { PATH: process.env.PATH },
    interactive: false,
    ...more,
  };
}

const answer = (status: object, apiVersion = V1) =>
  `cat <<'E'\n${JSON.stringify({ apiVersion, kind: 'ExecCredential', status })}\nE`;

describe('exec plugins', () => {
  test('get the cluster, arguments and environment, and give a token or a certificate', async () => {
    const script = `printf '%s' "$KUBERNETES_EXEC_INFO" > ${folder}/info; echo "$1 $X" > ${folder}/args\n`;
    const context = plugin(script + answer({ token: 't', clientCertificateData: 'C', clientKeyData: 'K' }), {
      args: ['one'],
      env: [{ name: 'X', value: 'two' }],
      provideClusterInfo: true,
    });
    expect(await runPlugin(context)).toEqual({
      token: 't',
      certificate: { cert: 'C', key: 'K' },
      expires: undefined,
    });
    expect(readFileSync(join(folder, 'args'), 'utf8')).toBe('one two\n');
    expect(JSON.parse(readFileSync(join(folder, 'info'), 'utf8'))).toEqual({
      apiVersion: V1,
      kind: 'ExecCredential',
      spec: { interactive: false, cluster: { server: 'https://h:1', 'certificate-authority-data': 'Q0E=' } },
    });
  });

  test('run once until the credential expires, is refused, or many ask at once', async () => {
    const counted = (expires: string) =>
      `echo x >> ${folder}/runs\n${answer({ token: 't', expirationTimestamp: expires })}`;
    const runs = () => readFileSync(join(folder, 'runs'), 'utf8').trim().split('\n').length;
    const lasting = new ExecPlugin(plugin(counted('2999-01-01T00:00:00Z')));
    await Promise.all([lasting.credential(), lasting.credential(), lasting.credential()]);
    await lasting.credential();
    expect(runs()).toBe(1);
    await Promise.all([lasting.credential(true), lasting.credential(true)]);
    expect(runs()).toBe(2);
    const expired = new ExecPlugin(plugin(counted('2001-01-01T00:00:00Z')));
    await expired.credential();
    await expired.credential();
    expect(runs()).toBe(4);
  });

  test.each<[string, ReturnType<typeof plugin> | (() => ReturnType<typeof plugin>), RegExp]>([
    [
      'missing',
      () => plugin('', { command: 'no-such-plugin', installHint: 'get it' }),
      /no-such-plugin of user "u" is not installed/,
    ],
    ['exit 1', () => plugin('echo broken >&2; exit 1'), /ended with 1/],
    ['hang', () => plugin('sleep 60', {}, { timeoutMs: 200 }), /did not end within 0\.2 s/],
    ['bad JSON', () => plugin('echo hello'), /not JSON/],
    ['null', () => plugin('echo null'), /no ExecCredential/],
    ['10 MB', () => plugin('head -c 10000000 /dev/zero'), /more than 1 MiB/],
    [
      'other version',
      () => plugin(answer({ token: 't' }, 'client.authentication.k8s.io/v1beta1')),
      /answered as/,
    ],
    ['nothing in it', () => plugin(answer({})), /neither a token/],
    ['v1alpha1', () => plugin('', { apiVersion: 'client.authentication.k8s.io/v1alpha1' }), /known are/],
    ['asks without a terminal', () => plugin('', { interactiveMode: 'Always' }), /no terminal/],
  ])('%s', async (_what, make, message) => {
    const error = await runPlugin(typeof make === 'function' ? make() : make).catch((reason) => reason);
    expect(error.message).toMatch(message);
    expect(error.code).toBe('ExecPluginFailed');
  });

  test('what the plugin printed is never in the error, what it complained about is', async () => {
    const error = await runPlugin(plugin('echo SECRET-TOKEN; echo complaint >&2; exit 3')).catch(
      (reason) => reason,
    );
    expect(error.evidence).toBe('complaint');
    expect(JSON.stringify(error) + error.message).not.toContain('SECRET');
  });

  test.each<[ExecPolicy, boolean]>([
    ['AllowAll', true],
    ['DenyAll', false],
    [['plugin'], true],
    [['other'], false],
  ])('policy %s', async (execPolicy, allowed) => {
    const { entry, kubeconfig, env } = plugin(`touch ${folder}/ran\n${answer({ token: 't' })}`);
    const user = { name: 'u', file: kubeconfig, value: { exec: entry } };
    const { authorization } = await authorize(user, { server: 'https://h:1' }, { env, execPolicy });
    expect(existsSync(join(folder, 'ran'))).toBe(false);
    await authorization?.().catch(() => undefined);
    expect(existsSync(join(folder, 'ran'))).toBe(allowed);
  });
});
