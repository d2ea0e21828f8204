import { describe, expect, it } from 'vitest';
import { undoOperations } from '../../../src/engine/undo.ts';
import type { JournalEntry } from '../../../src/host/port.ts';

const entry = (kind: JournalEntry['kind'], target: string, before: string, more = {}): JournalEntry => ({
  id: `p/${target}/1`,
  kind,
  target,
  before,
  done: true,
  ...more,
});
const kept = `/var/lib/kubewright/kept/${'0'.repeat(32)}.640.0.42`;

describe('undoing what the journal says', () => {
  it('takes back last things first', () => {
    const undo = undoOperations([entry('mkdir', '/a', 'absent'), entry('write', '/a/b', 'absent')]);
    expect(undo.map((operation) => operation.kind)).toEqual(['remove', 'run']);
  });

  it('puts an overwritten file back with its mode and owner', () => {
    expect(undoOperations([entry('write', '/etc/hosts', kept)])).toEqual([
      { kind: 'run', argv: ['install', '-m', '640', '-o', '0', '-g', '42', kept, '/etc/hosts'] },
    ]);
  });

  it('leaves a folder alone that was there before', () => {
    expect(undoOperations([entry('mkdir', '/etc', 'directory')])).toEqual([]);
  });

  it('undoes one target once, however often it was written', () => {
    const twice = [entry('write', '/a', 'absent'), entry('upload', '/a', 'absent')];
    expect(undoOperations(twice)).toEqual([{ kind: 'remove', path: '/a' }]);
  });

  it.each([
    ['inactive disabled', [{ kind: 'unit', name: 'k.service', action: 'disable' }]],
    ['unknown ', [{ kind: 'unit', name: 'k.service', action: 'disable' }]],
    ['inactive enabled', [{ kind: 'unit', name: 'k.service', action: 'stop' }]],
    ['active enabled', []],
  ])('returns a unit to "%s"', (before, expected) => {
    expect(undoOperations([entry('unit', 'k.service', before)])).toEqual(expected);
  });

  it('disables a unit whose first entry is only a daemon-reload', () => {
    const reload = entry('unit', 'k.service', '');
    expect(undoOperations([reload, entry('unit', 'k.service', 'inactive disabled')])).toEqual([
      { kind: 'unit', name: 'k.service', action: 'disable' },
    ]);
  });

  it('runs the undo that a command declared, and nothing for one that declared none', () => {
    const undo = ['rm', '-f', '/link'];
    expect(undoOperations([entry('run', 'ln', '', { undo }), entry('run', 'chmod', '')])).toEqual([
      { kind: 'run', argv: undo },
    ]);
  });

  it('sets a kernel parameter back', () => {
    expect(undoOperations([entry('sysctl', 'net.ipv4.ip_forward', '0')])).toEqual([
      { kind: 'sysctl', key: 'net.ipv4.ip_forward', value: '0' },
    ]);
  });
});
