import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockStep, withBlock } from '../../../../src/cluster/steps/block.ts';
import { fileStep } from '../../../../src/cluster/steps/file.ts';
import { imageStep } from '../../../../src/cluster/steps/images.ts';
import { sysctlStep } from '../../../../src/cluster/steps/sysctl.ts';
import { unitStep } from '../../../../src/cluster/steps/unit.ts';
import { Seen } from '../../../../src/engine/seen.ts';
import type { Step } from '../../../../src/engine/step.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';

async function verdict(host: FakeHost, step: Step) {
  const seen = new Seen();
  await seen.look(host, step.look ?? []);
  return step.check(seen);
}

describe('a file', () => {
  const step = fileStep('f', { path: '/etc/f', mode: 0o600, content: 'right' });
  it.each([
    ['absent', undefined, 0, 'change'],
    ['other bytes', 'wrong', 0o600, 'change'],
    ['another mode', 'right', 0o644, 'change'],
    ['as wanted', 'right', 0o600, 'done'],
  ])('%s', async (_, content, mode, status) => {
    const host = new FakeHost();
    if (content !== undefined) host.put('/etc/f', content, mode);
    expect((await verdict(host, step)).status).toBe(status);
  });
});

describe('a block in a file of the host', () => {
  it('keeps every line around it, and is stable', () => {
    const line = fc.stringMatching(/^[a-z0-9 .]*$/);
    fc.assert(
      fc.property(fc.array(line), fc.array(line, { minLength: 1 }), (around, lines) => {
        const text = around.join('\n');
        const once = withBlock(text, lines);
        expect(withBlock(once, lines)).toBe(once);
        for (const kept of around) expect(once.split('\n')).toContain(kept);
        expect(withBlock(withBlock(once, ['other']), lines)).toBe(once);
      }),
    );
  });

  // With the second run everything behind the mark without an end was taken for ours.
  it.each([
    ['end', '# kubewright: begin\n10.0.0.1 api'],
    ['begin', '10.0.0.1 api\n# kubewright: end'],
  ])('leaves the lines of the host alone where the mark at the %s was taken away', (_, half) => {
    const text = `127.0.0.1 localhost\n${half}\n10.0.0.9 mine\n`;
    const whole = withBlock('', ['10.0.0.2 api']);
    const behind = withBlock(`${whole}10.0.0.9 mine\n${half}\n`, ['10.0.0.3 api']);
    expect(behind).toContain('\n10.0.0.9 mine\n');
    const first = withBlock(text, ['10.0.0.2 api']);
    const second = withBlock(first, ['10.0.0.3 api']);
    for (const after of [first, second]) expect(after).toContain('\n10.0.0.9 mine\n');
    expect(withBlock(second, ['10.0.0.3 api'])).toBe(second);
    expect(second).not.toContain('10.0.0.2');
  });

  it('changes nothing when it is there', async () => {
    const host = new FakeHost();
    host.put('/etc/hosts', withBlock('127.0.0.1 localhost\n', ['10.0.0.1 api']));
    expect((await verdict(host, blockStep('hosts', '/etc/hosts', ['10.0.0.1 api']))).status).toBe('done');
    expect((await verdict(host, blockStep('hosts', '/etc/hosts', ['10.0.0.2 api']))).status).toBe('change');
  });
});

describe('a unit', () => {
  const facts = fakeFacts({ uptimeSeconds: 1000, clock: { host: 2_000_000, here: 2_000_000 } });
  const host = (active: string, enabled: string, startedAt: number, fileTime: number, reload = 'no') => {
    const fake = new FakeHost();
    fake.units.set('k.service', { active, enabled });
    fake.onRun = ([command]) =>
      command === 'systemctl'
        ? { stdout: `ActiveEnterTimestampMonotonic=${startedAt * 1e6}\nNeedDaemonReload=${reload}\n` }
        : { stdout: `${fileTime}.0 /etc/k\n` };
    return fake;
  };
  // Booted at 1000 s on the host's clock.
  it.each([
    ['runs and is newer than its files', host('active', 'enabled', 500, 1400), 'done', []],
    [
      'is older than a file: a killed run wrote it',
      host('active', 'enabled', 500, 1600),
      'change',
      ['restart'],
    ],
    ['has an edited unit file', host('active', 'enabled', 500, 1400, 'yes'), 'change', ['reload', 'restart']],
    ['does not run', host('inactive', 'enabled', 0, 0), 'change', ['start']],
    [
      'has an edited unit file and does not run',
      host('inactive', 'enabled', 0, 0, 'yes'),
      'change',
      ['reload', 'start'],
    ],
    [
      'would not come back after a boot',
      host('active', 'disabled', 500, 1400),
      'change',
      ['enable', 'restart'],
    ],
    ['is not there', host('unknown', '', 0, 0), 'change', ['reload', 'enable']],
  ])('%s', async (_, fake, status, actions) => {
    const found = await verdict(fake, unitStep('k.service', ['/etc/k'], facts));
    expect(found.status).toBe(status);
    if (found.status !== 'change' || found.change.kind !== 'operations') return;
    const operations = await found.change.operations();
    expect(operations.map((operation) => operation.kind === 'unit' && operation.action)).toEqual(actions);
  });

  it('B52: is restarted when it runs but does not do its work', async () => {
    const fake = host('active', 'enabled', 500, 1400);
    const { onRun } = fake;
    let exit = 1;
    fake.onRun = (argv, stdin) => (argv[0] === 'health' ? { exit } : onRun(argv, stdin));
    const step = unitStep('k.service', ['/etc/k'], facts, { look: ['health'], verify: ['health', '15'] });
    expect((await verdict(fake, step)).status).toBe('change');
    exit = 0;
    expect((await verdict(fake, step)).status).toBe('done');
  });

  it('is restarted when this very run writes one of its files', async () => {
    const fake = host('active', 'enabled', 500, 1400);
    const step = unitStep('k.service', ['/etc/k'], facts);
    const seen = new Seen();
    await seen.look(fake, step.look ?? []);
    seen.written.add('/etc/k');
    expect((await step.check(seen)).status).toBe('change');
  });

  it('is read anew by systemd when this very run writes its unit file', async () => {
    const fake = host('inactive', 'enabled', 0, 0);
    const step = unitStep('k.service', ['/etc/k'], facts);
    const seen = new Seen();
    await seen.look(fake, step.look ?? []);
    seen.written.add('/etc/systemd/system/k.service.d/10-k.conf');
    const found = await step.check(seen);
    const operations =
      found.status === 'change' && found.change.kind === 'operations' ? await found.change.operations() : [];
    expect(operations.map((operation) => operation.kind === 'unit' && operation.action)).toEqual([
      'reload',
      'start',
    ]);
  });
});

describe('an image and a kernel parameter', () => {
  const image = { component: 'pause', reference: 'r/pause:1', digest: 'sha256:aa', size: 1 } as never;
  it.each([
    ['not imported', '', 'change'],
    ['another digest', 'REF TYPE DIGEST\nr/pause:1 t sha256:bb 1', 'change'],
    ['there', 'REF TYPE DIGEST\nr/pause:1 t sha256:aa 1', 'done'],
  ])('%s', async (_, stdout, status) => {
    const host = new FakeHost();
    host.onRun = () => ({ stdout });
    expect((await verdict(host, imageStep(image))).status).toBe(status);
  });

  it('a parameter that is as wanted stays', async () => {
    const host = new FakeHost();
    host.onRun = () => ({ stdout: '1\n' });
    expect((await verdict(host, sysctlStep('net.ipv4.ip_forward', '1'))).status).toBe('done');
    expect((await verdict(host, sysctlStep('net.ipv4.ip_forward', '0'))).status).toBe('change');
  });
});
