import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { KubewrightError } from '../../../src/base/errors.ts';
import type { Blob, Host, Operation } from '../../../src/host/port.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { privateHost, shells } from './support/private-host.ts';

/** What every Host does: the one in memory, and the applier under each shell of this machine. */
type Make = () => Promise<{ host: Host } & Partial<AsyncDisposable>>;

const makers: [string, Make][] = [
  ['the fake', async () => ({ host: fake() })],
  ...Object.entries(shells).map(([name, shell]): [string, Make] => [name, () => privateHost(shell)]),
];

function fake(): FakeHost {
  const host = new FakeHost();
  host.units.set('kubelet.service', { active: 'inactive', enabled: 'disabled' });
  host.sysctls.set('net.ipv4.ip_forward', '0');
  host.onRun = (argv, stdin) =>
    argv[0] === 'cat'
      ? { stdout: stdin }
      : argv[0] === 'false'
        ? { exit: 1 }
        : { stdout: argv.slice(1).join(' ') };
  return host;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const blob = (text: string, claimed = sha256(text)): Blob => ({
  sha256: claimed,
  size: Buffer.byteLength(text),
  open: () => Readable.from([Buffer.from(text)]),
});
const code = (promise: Promise<unknown>) =>
  promise.then(
    () => 'none',
    (error: KubewrightError) => error.code,
  );
const write = (path: string, content: string, more: object = {}): Operation => ({
  kind: 'write',
  id: `t${path}`,
  path,
  content,
  mode: 0o640,
  ...more,
});

describe.each(makers)('%s', (_name, make) => {
  const test = (title: string, body: (host: Host) => Promise<void>) =>
    it(title, async () => {
      const made = await make();
      try {
        await body(made.host);
      } finally {
        await made[Symbol.asyncDispose]?.();
      }
    });

  test('writes a file with its mode, makes the folders above it, and finds it again', async (host) => {
    const results = await host.apply([write('/etc/a/b', 'x')]);
    expect(results).toMatchObject([{ id: 't/etc/a/b', exit: 0, stdout: '' }]);
    const [state, names, folder] = await host.inspect([
      { kind: 'file', path: '/etc/a/b', content: true },
      { kind: 'list', path: '/etc/a' },
      { kind: 'file', path: '/etc/a' },
    ]);
    expect(state).toMatchObject({ type: 'file', mode: 0o640, size: 1, sha256: sha256('x') });
    expect(state.content?.toString()).toBe('x');
    expect(names).toEqual(['b']);
    expect(folder).toMatchObject({ type: 'directory', mode: 0o755 });
  });

  test('says of what is not there that it is not', async (host) => {
    const answers = await host.inspect([
      { kind: 'file', path: '/none', hash: true },
      { kind: 'list', path: '/none' },
      { kind: 'unit', name: 'none.service' },
      { kind: 'journal' },
    ]);
    expect(answers).toEqual([
      { type: 'absent', mode: 0, uid: 0, gid: 0, size: 0 },
      [],
      { active: 'unknown', enabled: '' },
      [],
    ]);
  });

  test('refuses to overwrite what the plan did not see, and takes its own content as done', async (host) => {
    await host.apply([write('/f', 'one')]);
    expect(await code(host.apply([write('/f', 'two', { expect: 'absent' })]))).toBe('PlanMoved');
    expect(await code(host.apply([write('/f', 'two', { expect: { sha256: sha256('old') } })]))).toBe(
      'PlanMoved',
    );
    expect(await code(host.apply([write('/f', 'one', { expect: 'absent' })]))).toBe('none');
    expect(await code(host.apply([write('/f', 'two', { expect: { sha256: sha256('one') } })]))).toBe('none');
    expect(await code(host.apply([write('/g', 'x', { expect: { sha256: sha256('y') } })]))).toBe('PlanMoved');
  });

  test('stops at the first failure and keeps what was done before', async (host) => {
    const seen: string[] = [];
    const batch: Operation[] = [
      write('/one', '1'),
      { kind: 'run', id: 'fails', argv: ['false'] },
      write('/two', '2'),
    ];
    const failed = host.apply(batch, { onDone: (result) => seen.push(result.id) });
    await expect(failed).rejects.toMatchObject({ code: 'OperationFailed', step: 'fails', exit: 17 });
    expect(seen).toEqual(['t/one']);
    const [one, two] = await host.inspect([
      { kind: 'file', path: '/one' },
      { kind: 'file', path: '/two' },
    ]);
    expect([one.type, two.type]).toEqual(['file', 'absent']);
    expect(await code(host.apply([write('/two', '2')]))).toBe('none');
  });

  test('runs commands with their input, and accepts the exit codes that it is told', async (host) => {
    const results = await host.apply([
      { kind: 'run', id: 'a', argv: ['cat'], stdin: 'in\0put' },
      { kind: 'run', id: 'b', argv: ['false'], accept: [0, 1] },
    ]);
    expect(results).toMatchObject([{ stdout: 'in\0put', exit: 0 }, { exit: 1 }]);
    expect(await host.inspect([{ kind: 'run', argv: ['printf', 'a b'] }])).toMatchObject([
      { exit: 0, stdout: 'a b' },
    ]);
  });

  test('uploads and imports only what has the digest that it claims', async (host) => {
    const image = 'registry.k8s.io/pause:3.10.2\n';
    await host.apply([
      { kind: 'upload', id: 'u', path: '/bin/x', mode: 0o755, artifact: blob('elf') },
      { kind: 'image', id: 'i', reference: image.trim(), artifact: blob(image) },
    ]);
    const [state] = await host.inspect([{ kind: 'file', path: '/bin/x', hash: true }]);
    expect(state).toMatchObject({ mode: 0o755, sha256: sha256('elf') });
    const bad = blob('elf', sha256('other'));
    const damaged = host.apply([{ kind: 'upload', id: 'u', path: '/bin/y', mode: 0o755, artifact: bad }]);
    expect(await code(damaged)).toBe('ArtifactDamaged');
    const tampered = host.apply([{ kind: 'image', id: 'i', reference: 'x', artifact: bad }]);
    expect(await code(tampered)).toBe('ArtifactDamaged');
    expect(await host.inspect([{ kind: 'list', path: '/bin' }])).toEqual([['x']]);
  });

  test('removes files and whole folders, and minds what is in them', async (host) => {
    await host.apply([write('/srv/d/a', '1'), write('/srv/d/b', '2')]);
    expect(await code(host.apply([{ kind: 'remove', id: 'r', path: '/srv/d' }]))).toBe('OperationFailed');
    const other = { sha256: sha256('9') };
    expect(await code(host.apply([{ kind: 'remove', id: 'r', path: '/srv/d/a', expect: other }]))).toBe(
      'PlanMoved',
    );
    await host.apply([
      { kind: 'remove', id: 'r1', path: '/srv/d/a', expect: { sha256: sha256('1') } },
      { kind: 'remove', id: 'r2', path: '/srv/d', recursive: true },
      { kind: 'remove', id: 'r3', path: '/srv/d' },
    ]);
    await expect(host.apply([{ kind: 'remove', id: 'r', path: '/etc', recursive: true }])).rejects.toThrow(
      TypeError,
    );
    expect((await host.inspect([{ kind: 'file', path: '/srv/d' }]))[0].type).toBe('absent');
  });

  test('enables, restarts and disables units, and journals what they were', async (host) => {
    const unit = (id: string, action: 'enable' | 'restart' | 'disable' | 'reload') =>
      ({ kind: 'unit', id, name: 'kubelet.service', action }) as const;
    await host.apply([unit('u1', 'reload'), unit('u2', 'enable'), unit('u3', 'restart')]);
    const [state, journal] = await host.inspect([
      { kind: 'unit', name: 'kubelet.service' },
      { kind: 'journal' },
    ]);
    expect(state).toEqual({ active: 'active', enabled: 'enabled' });
    expect(journal.find((entry) => entry.id === 'u2')?.before).toBe('inactive disabled');
    await host.apply([unit('u4', 'disable')]);
    expect(await host.inspect([{ kind: 'unit', name: 'kubelet.service' }])).toEqual([
      { active: 'inactive', enabled: 'disabled' },
    ]);
    const missing = host.apply([{ kind: 'unit', id: 'm', name: 'no.service', action: 'start' }]);
    expect(await code(missing)).toBe('OperationFailed');
  });

  test('journals what was there before, and how to take a command back', async (host) => {
    await host.apply([
      write('/j', 'x'),
      { kind: 'sysctl', id: 's', key: 'net.ipv4.ip_forward', value: '1' },
      { kind: 'run', id: 'r', argv: ['true', 'x'], undo: ['rm', 'a\tb\n\\c'] },
    ]);
    const [journal] = await host.inspect([{ kind: 'journal' }]);
    expect(journal).toEqual([
      { id: 't/j', kind: 'write', target: '/j', before: 'absent', done: true },
      { id: 's', kind: 'sysctl', target: 'net.ipv4.ip_forward', before: '0', done: true },
      { id: 'r', kind: 'run', target: 'true', before: '', done: true, undo: ['rm', 'a\tb\n\\c'] },
    ]);
  });

  test('gives its lock to one run at a time, and refuses operations of an older one', async (host) => {
    const first = await host.lock({ owner: 'ann\ton laptop' });
    expect(first).toEqual({ epoch: 1 });
    expect(await host.lock({ owner: 'bob' })).toMatchObject({ heldBy: 'ann\ton laptop' });
    expect(await host.lock({ owner: 'ann', epoch: 1 })).toEqual({ epoch: 1 });
    expect(await code(host.apply([write('/l', '1')], { epoch: 1 }))).toBe('none');
    await host.unlock(1);
    expect(await host.lock({ owner: 'bob' })).toEqual({ epoch: 2 });
    expect(await code(host.apply([write('/l', '2')], { epoch: 1 }))).toBe('LockLost');
    expect(await code(host.apply([write('/l', '2')], { epoch: 2 }))).toBe('none');
  });

  test('breaks a lock whose time is over, and says whose it was', async (host) => {
    await host.lock({ owner: 'ann', seconds: 0 });
    expect(await host.lock({ owner: 'bob' })).toEqual({ epoch: 2, broken: { owner: 'ann', why: 'expired' } });
  });

  test('does nothing once the signal is given', async (host) => {
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(host.apply([write('/s', '1')], { signal })).rejects.toThrow('stop');
    expect((await host.inspect([{ kind: 'file', path: '/s' }]))[0].type).toBe('absent');
  });

  test('touches no path that is not absolute and plain', async (host) => {
    for (const path of ['etc/x', '/etc/../x', '/etc//x', '/etc/', '/']) {
      await expect(host.apply([write(path, '1')]), path).rejects.toThrow(TypeError);
    }
  });
});
