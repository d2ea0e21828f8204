import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubeConfig } from '@kubernetes/client-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { inCluster } from '../../../src/kube/kubeconfig/in-cluster.ts';
import { type EndpointOptions, loadEndpoint } from '../../../src/kube/kubeconfig.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const base64 = (text: string) => Buffer.from(text).toString('base64');

function file(name: string, text: string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

function config(user: string, cluster = '', more = ''): string {
  return `apiVersion: v1
kind: Config
current-context: main
clusters:
- name: c
  cluster:
    server: https://10.0.0.1:6443
${cluster.replaceAll(/^/gm, '    ')}
users:
- name: u
  user:
${user.replaceAll(/^/gm, '    ')}
contexts:
- name: main
  context: {cluster: c, user: u}
- name: other
  context: {cluster: c, user: u, namespace: apps}
${more}`;
}

const load = (options: Partial<EndpointOptions> & { text?: string } = {}) => {
  const { text, ...rest } = options;
  const kubeconfig = text === undefined ? rest.kubeconfig : file('config', text);
  return loadEndpoint({ env: { HOME: folder, PATH: process.env.PATH }, ...rest, kubeconfig });
};

describe('the same answers as client-node', () => {
  const corpus: [string, string][] = [
    [
      'inline data',
      config(
        `client-certificate-data: ${base64('CERT')}\nclient-key-data: ${base64('KEY')}`,
        `certificate-authority-data: ${base64('CA')}`,
      ),
    ],
    ['token', config('token: abc')],
    ['basic', config('username: me\npassword: secret')],
    [
      'token and certificate',
      config(`token: abc\nclient-certificate-data: ${base64('CERT')}\nclient-key-data: ${base64('KEY')}`),
    ],
    ['tls-server-name', config('token: t', 'tls-server-name: kubernetes')],
    ['insecure', config('token: t', 'insecure-skip-tls-verify: true')],
    [
      'exec',
      config(
        `exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: sh\n  args: ["-c", "echo '{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"from-plugin\\"}}'"]\n  interactiveMode: Never`,
      ),
    ],
    [
      'JSON',
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'x',
        clusters: [{ name: 'x', cluster: { server: 'https://h:1' } }],
        users: [{ name: 'x', user: { token: 't' } }],
        contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      }),
    ],
  ];

  test.each(corpus)('%s', async (_name, text) => {
    const path = file('config', text);
    const oracle = new KubeConfig();
    oracle.loadFromFile(path);
    const options: { headers: Record<string, string>; [key: string]: unknown } = { headers: {} };
    await oracle.applyToHTTPSOptions(options as never);
    if (options.auth) options.headers.Authorization = `Basic ${base64(String(options.auth))}`;
    const endpoint = await load({ kubeconfig: path });
    expect(endpoint.server).toBe(oracle.getCurrentCluster()?.server);
    expect(await endpoint.authorization?.()).toBe(options.headers.Authorization);
    expect(endpoint.tls.cert).toBe(options.cert?.toString());
    expect(endpoint.tls.key).toBe(options.key?.toString());
    expect(endpoint.tls.ca).toBe(options.ca?.toString());
    expect(endpoint.tls.serverName).toBe(options.servername);
    expect(Boolean(endpoint.tls.insecure)).toBe(options.rejectUnauthorized === false);
  });
});

describe('what a kubeconfig says', () => {
  test('paths are relative to the file that names them', async () => {
    file('pki/ca.crt', 'CA');
    file('pki/token', 'tok\n');
    const endpoint = await load({
      text: config('tokenFile: pki/token', 'certificate-authority: pki/ca.crt'),
    });
    expect(endpoint.tls.ca).toBe('CA');
    expect(await endpoint.authorization?.()).toBe('Bearer tok');
  });

  test('KUBECONFIG is merged, the first entry of a name wins, gaps are skipped', async () => {
    const first = file('a', 'contexts:\n- {name: main, context: {cluster: c, user: u, namespace: first}}\n');
    const second = file('b', config('token: second'));
    const env = { HOME: folder, KUBECONFIG: `${first}:${join(folder, 'gap')}:${second}` };
    const endpoint = await load({ env });
    expect(endpoint.namespace).toBe('first');
    expect(await endpoint.authorization?.()).toBe('Bearer second');
  });

  test('flags win over the context', async () => {
    const endpoint = await load({
      text: config('token: t\nas: someone\nas-groups: [g]'),
      context: 'other',
      server: 'https://elsewhere:1/',
      token: 'flag',
    });
    expect(endpoint.server).toBe('https://elsewhere:1');
    expect(endpoint.namespace).toBe('apps');
    expect(await endpoint.authorization?.()).toBe('Bearer flag');
    expect(endpoint.impersonate).toEqual({ user: 'someone', groups: ['g'], uid: undefined });
    expect((await load({ text: config('token: t'), namespace: 'n' })).namespace).toBe('n');
  });

  test('a pod finds its service account', async () => {
    for (const [name, text] of Object.entries({ token: 'sa', 'ca.crt': 'CA', namespace: 'ns\n' }))
      file(name, text);
    const env = { KUBERNETES_SERVICE_HOST: 'fd00::1', KUBERNETES_SERVICE_PORT: '443' };
    const endpoint = await inCluster({ env, folder });
    expect(endpoint).toMatchObject({ server: 'https://[fd00::1]:443', namespace: 'ns', tls: { ca: 'CA' } });
    expect(await endpoint.authorization?.()).toBe('Bearer sa');
  });

  test('others can read it: a warning', async () => {
    const path = file('config', config('token: t'));
    chmodSync(path, 0o644);
    const warnings: string[] = [];
    await load({ kubeconfig: path, warn: (text) => warnings.push(text) });
    expect(warnings).toEqual([`${path} can be read by others (mode 644): chmod 600 ${path}`]);
  });
});

describe('what is wrong is said', () => {
  test.each<[string, Partial<EndpointOptions> & { text?: string }, RegExp, string?]>([
    ['missing', { kubeconfig: '/nowhere/config' }, /^the kubeconfig \/nowhere\/config does not exist$/],
    ['none at all', {}, /^there is no kubeconfig: looked for .*\/\.kube\/config$/],
    ['empty', { text: '# nothing\n' }, /config is empty$/],
    ['binary', { text: '\x7fELF\0\0' }, /not valid: .*config:1:1: a control character/],
    ['malformed', { text: 'a: b: c' }, /the kubeconfig is not valid: .*config:1:/],
    ['not a map', { text: '- a\n' }, /is not a kubeconfig: a map is expected/],
    ['a folder', { kubeconfig: '/' }, /the kubeconfig \/ cannot be read: it is a folder/],
    [
      'context',
      { text: config('token: t'), context: 'mian' },
      /there is no such context: the context "mian", which is not in/,
      'did you mean "main"?',
    ],
    [
      'dangling context',
      { text: config('token: t').replace('current-context: main', 'current-context: gone') },
      /current-context names the context "gone"/,
    ],
    [
      'dangling cluster',
      { text: config('token: t').replace('- name: c\n', '- name: d\n') },
      /the context "main" names the cluster "c", which is not in/,
    ],
    [
      'dangling user',
      { text: config('token: t').replace('- name: u\n', '- name: admin\n') },
      /names the user "u"/,
      'it has admin',
    ],
    [
      'no current context',
      { text: config('token: t').replace('current-context: main', '') },
      /no current context is set/,
      'choose one with --context: main, other',
    ],
    [
      'CA file',
      { text: config('token: t', 'certificate-authority: gone.crt') },
      /the CA of cluster "c" .*gone\.crt, named in .*ENOENT/,
    ],
    ['not base64', { text: config('token: t', 'certificate-authority-data: "%%"') }, /is not base64/],
    [
      'certificate without key',
      { text: config(`client-certificate-data: ${base64('C')}`) },
      /certificate without its key/,
    ],
    ['token as a number', { text: config('token: 123') }, /users\[0\]\.user\.token \(text is expected/],
    ['no URL', { text: config('token: t').replace('https://10.0.0.1:6443', '10.0.0.1') }, /no http\(s\) URL/],
  ])('%s', async (_what, options, message, hint) => {
    const error = await load(options).catch((reason) => reason);
    expect(error.message).toMatch(message);
    expect(error.exit).toBe(EXIT.kubeconfig);
    if (hint) expect(error.hint).toBe(hint);
  });
});
