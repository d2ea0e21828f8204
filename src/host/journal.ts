import type { JournalEntry, Operation } from './port.ts';

/** A field of the journal: `\`, tab and newline as in C. */
export function escapeField(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

export function unescapeField(field: string): string {
  return field.replace(/\\(.)/g, (_all, sign: string) => (sign === 't' ? '\t' : sign === 'n' ? '\n' : sign));
}

/**
 * Entries in the order in which each was first begun; a later run of the same operation on the same target only
 * says whether it is done. Lines that a power cut tore are passed over: `check` finds the truth without them.
 */
export function parseJournal(text: string): JournalEntry[] {
  const entries = new Map<string, JournalEntry>();
  const latest = new Map<string, JournalEntry>();
  for (const line of text.split('\n')) {
    const [word, run, id, kind, target, before, undo] = line.split('\t').map(unescapeField);
    if (word === 'begin' && kind && target !== undefined && before !== undefined) {
      const key = [id, kind, target].join('\n');
      const entry = entries.get(key) ?? {
        id: id!,
        kind: kind as Operation['kind'],
        target,
        before,
        done: false,
      };
      entry.done = false;
      const words = parseUndo(undo);
      if (words) entry.undo = words;
      entries.set(key, entry);
      latest.set(`${run}\n${id}`, entry);
    } else if (word === 'done') {
      const entry = latest.get(`${run}\n${id}`);
      if (entry) entry.done = true;
    }
  }
  return [...entries.values()];
}

function parseUndo(field: string | undefined): string[] | undefined {
  if (!field) return undefined;
  try {
    const words: unknown = JSON.parse(field);
    return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
  } catch {
    return undefined;
  }
}

/** A copy kept by the applier: `/var/lib/kubewright/kept/MARK.MODE.UID.GID`, or `MARK.link`. */
export function parseKept(before: string): { mode: number; owner: string } | 'link' | undefined {
  const match = /^\/var\/lib\/kubewright\/kept\/[0-9a-f]{32}\.(?:(link)|([0-7]+)\.(\d+)\.(\d+))$/.exec(
    before,
  );
  if (!match) return undefined;
  return match[1] ? 'link' : { mode: Number.parseInt(match[2]!, 8), owner: `${match[3]}:${match[4]}` };
}
