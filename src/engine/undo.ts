import { parseKept } from '../host/journal.ts';
import type { JournalEntry } from '../host/port.ts';
import type { OperationDraft } from './step.ts';

/**
 * What takes back everything that the journal says was made, last things first: what was absent goes, what was
 * overwritten is put back from the kept copy, values and unit states return to what they were.
 */
export function undoOperations(entries: readonly JournalEntry[]): OperationDraft[] {
  const seen = new Set<string>();
  const first = entries.filter(({ kind, target, before }) => {
    // A daemon-reload changes no unit, though it may be the first to name one.
    if (kind === 'unit' && before === '') return false;
    // `before` always tells of the time before this tool's first touch, whichever entry carries it.
    const key = `${family(kind)} ${target}`;
    if (kind !== 'run' && seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return first.toReversed().flatMap(undo);
}

function family(kind: JournalEntry['kind']): string {
  return ['write', 'upload', 'fetch', 'remove'].includes(kind) ? 'file' : kind;
}

function undo(entry: JournalEntry): OperationDraft[] {
  const { kind, target, before } = entry;
  switch (kind) {
    case 'write':
    case 'upload':
    case 'fetch':
    case 'remove':
      return restoreFile(target, before);
    case 'mkdir':
      return before === 'absent'
        ? [{ kind: 'run', argv: ['sh', '-c', 'rmdir "$1" 2>/dev/null || true', 'rmdir', target] }]
        : [];
    case 'sysctl':
      return [{ kind: 'sysctl', key: sysctlKey(target), value: before }];
    case 'unit':
      return restoreUnit(target, before);
    case 'run':
      return entry.undo ? [{ kind: 'run', argv: entry.undo }] : [];
    case 'image':
      return [];
  }
}

function restoreFile(path: string, before: string): OperationDraft[] {
  if (before === 'absent') return [{ kind: 'remove', path }];
  const kept = parseKept(before);
  if (kept === undefined) return [];
  if (kept === 'link') return [{ kind: 'run', argv: ['cp', '-Pf', before, path] }];
  const [uid, gid] = kept.owner.split(':');
  const mode = kept.mode.toString(8);
  return [{ kind: 'run', argv: ['install', '-m', mode, '-o', uid!, '-g', gid!, before, path] }];
}

/** `before` is systemd's "ActiveState UnitFileState" of then. */
function restoreUnit(name: string, before: string): OperationDraft[] {
  const [active, enabled] = before.split(' ');
  if (enabled !== 'enabled') return [{ kind: 'unit', name, action: 'disable' }];
  return active === 'active' ? [] : [{ kind: 'unit', name, action: 'stop' }];
}

function sysctlKey(target: string): string {
  return target.replace(/^\/proc\/sys\//, '').replaceAll('/', '.');
}
