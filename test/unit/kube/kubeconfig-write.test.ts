import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sleep } from '../../../src/base/wait.ts';
import {
  loadEndpoint,
  mergeIntoKubeconfig,
  readKubeconfig,
  removeFromKubeconfig,
  setCurrentContext,
} from '../../../src/kube/kubeconfig.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-write-'));
  path = join(folder, '.kube', 'config');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entry = (context: string, more = {}) => ({
  context,
  cluster: { server: `https://${context}:6443`, 'certificate-authority-data': 'Q0E=' },
  user: { token: '0123' },
  ...more,
});
const contexts = async () =>
  [...(await readKubeconfig({ kubeconfig: path, env: {} }))!.contexts.keys()].sort();
const mode = () => statSync(path).mode & 0o777;

const EXISTING = `# mine
apiVersion: v1
kind: Config
preferences: {colors: true}   # kept
clusters:
- cluster: {server: "https://old:1", x-unknown: 0644}
  name: old
contexts: []
current-context: ""
users:
- name: old
  user:
    # a comment inside
    x-odd: 0o17
x-future: yes
`;

describe('writing a kubeconfig', () => {
  test('makes it, with its folder, for the owner alone whatever the umask', async () => {
    const before = process.umask(0);
    await mergeIntoKubeconfig(path, entry('new')).finally(() => process.umask(before));
    expect(mode()).toBe(0o600);
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700);
    const endpoint = await loadEndpoint({ kubeconfig: path, env: {} });
    expect(endpoint.server).toBe('https://new:6443');
    expect(await endpoint.authorization?.()).toBe('Bearer 0123');
    expect(readdirSync(join(path, '..'))).toEqual(['config']);
  });

  test('keeps comments, unknown fields and odd scalars as they are', async () => {
    path = join(folder, 'config');
    writeFileSync(path, EXISTING, { mode: 0o600 });
    await mergeIntoKubeconfig(path, entry('new'));
    const text = readFileSync(path, 'utf8');
    for (const kept of [
      '# mine',
      '{colors: true}',
      '# kept',
      'x-unknown: 0644',
      '# a comment inside',
      'x-odd: 0o17',
      'x-future: yes',
      '"https://old:1"',
    ])
      expect(text).toContain(kept);
    expect(await contexts()).toEqual(['new']);
    expect(text).toContain('current-context: new');
    await removeFromKubeconfig(path, 'new');
    expect(readFileSync(path, 'utf8')).not.toContain('new');
    expect(readFileSync(path, 'utf8')).toContain('x-unknown: 0644');
  });

  test('replaces its own entry, leaves the current context, and what other contexts use', async () => {
    await mergeIntoKubeconfig(path, entry('a'));
    await mergeIntoKubeconfig(path, entry('b', { userName: 'a' }));
    await mergeIntoKubeconfig(path, entry('a', { namespace: 'n' }));
    expect(await contexts()).toEqual(['a', 'b']);
    expect((await loadEndpoint({ kubeconfig: path, env: {} })).namespace).toBe('n');
    await setCurrentContext(path, 'b');
    await removeFromKubeconfig(path, 'a');
    const config = (await readKubeconfig({ kubeconfig: path, env: {} }))!;
    expect([...config.users.keys()]).toEqual(['a']);
    expect([...config.clusters.keys()]).toEqual(['b']);
    expect(config.currentContext).toBe('b');
    await expect(setCurrentContext(path, 'a')).rejects.toThrow('there is no context "a"');
  });

  test('narrows a file that others can read, and follows a link', async () => {
    const real = join(folder, 'real');
    writeFileSync(real, EXISTING);
    chmodSync(real, 0o644);
    path = join(folder, 'config');
    symlinkSync(real, path);
    await mergeIntoKubeconfig(path, entry('new'));
    expect(statSync(real).mode & 0o777).toBe(0o600);
    expect(readFileSync(real, 'utf8')).toContain('new');
  });

  test('does not touch what is no kubeconfig', async () => {
    path = join(folder, 'config');
    writeFileSync(path, 'a: b: c\n');
    await expect(mergeIntoKubeconfig(path, entry('new'))).rejects.toMatchObject({
      code: 'KubeconfigInvalid',
    });
    expect(readFileSync(path, 'utf8')).toBe('a: b: c\n');
    expect(existsSync(`${path}.lock`)).toBe(false);
  });

  test('many writers at once lose nothing', async () => {
    const names = Array.from({ length: 12 }, (_, i) => `c${String(i).padStart(2, '0')}`);
    await Promise.all(names.map((name) => mergeIntoKubeconfig(path, entry(name))));
    expect(await contexts()).toEqual(names);
  });

  test('a writer killed at any moment leaves a whole file, and no lock that stays', async () => {
    await mergeIntoKubeconfig(path, entry('first'));
    const script = `import { mergeIntoKubeconfig } from ${JSON.stringify(resolve('src/kube/kubeconfig/write.ts'))};
      console.log('ready');
      for (let i = 0; ; i++) await mergeIntoKubeconfig(${JSON.stringify(path)}, { context: 'k' + (i % 50), cluster: { server: 'https://x:1' }, user: { token: 'x'.repeat(20000) } });`;
    for (let round = 0; round < 4; round++) {
      const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', script], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const ended = new Promise((done) => child.once('exit', done));
      await new Promise((done) => child.stdout.once('data', done));
      await sleep(40 + round * 17);
      child.kill('SIGKILL');
      await ended;
      expect(await contexts()).toContain('first');
      await mergeIntoKubeconfig(path, entry(`after${round}`));
      expect(await contexts()).toContain(`after${round}`);
    }
  });

  test('waits for kubectl, and says so when its lock never goes', async () => {
    await mergeIntoKubeconfig(path, entry('a'));
    writeFileSync(`${path}.lock`, '');
    const waiting = mergeIntoKubeconfig(path, entry('b'));
    await sleep(100);
    expect(await contexts()).toEqual(['a']);
    rmSync(`${path}.lock`);
    await waiting;
    expect(await contexts()).toEqual(['a', 'b']);
  });
});
