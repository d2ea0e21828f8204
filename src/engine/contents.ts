import { createHmac, randomBytes } from 'node:crypto';
import type { FileState, Host, Query, RunResult, UnitState } from '../host/port.ts';
import { unifiedDiff } from '../output/printers/unified-diff.ts';
import { EXACT, octal, type PlannedChange } from './changes.ts';

/** How a plan is made with what was before. */
export interface PlanContents {
  /** Says on a host a text that nobody without its root's rights knows: fingerprints of its secrets are keyed by it. */
  keyCommand: readonly string[];
}

/** A change, and the text that its target is to have, where that is known and no secret. */
export interface Draft {
  change: PlannedChange;
  content?: string | Buffer | undefined;
}

/** Fills in the side before of each change, and the patch between the two; the host is asked once. */
export async function addContents(
  host: Host,
  drafts: readonly Draft[],
  { keyCommand }: PlanContents,
): Promise<void> {
  const asked = drafts.flatMap((draft) => {
    const query = queryOf(draft);
    return query ? [{ ...draft, query }] : [];
  });
  if (asked.length === 0) return;
  const needsKey = drafts.some(({ change }) => isSecret(change));
  const keyQuery: Query[] = needsKey ? [{ kind: 'run', argv: keyCommand }] : [];
  const answers = await host.inspect([...asked.map(({ query }) => query), ...keyQuery]);
  const mark = fingerprints(needsKey ? (answers.at(-1) as RunResult) : undefined);
  for (const [index, { change, content, query }] of asked.entries()) {
    const answer = answers[index]!;
    if (query.kind === 'file') fileSides(change, content, answer as FileState, mark);
    else if (query.kind === 'unit') change.before = unitState(answer as UnitState);
    else change.before = (answer as RunResult).stdout.trim();
  }
}

const ROOT = '0:0';

function queryOf({ change: { kind, target }, content }: Draft): Query | undefined {
  switch (kind) {
    case 'unit':
      return { kind: 'unit', name: target };
    case 'sysctl':
      return { kind: 'run', argv: ['cat', `/proc/sys/${target.replaceAll('.', '/')}`] };
    case 'file':
    case 'folder':
    case 'link':
    case 'executable':
    case 'key':
    case 'certificate': {
      if (!target.startsWith('/') || target.endsWith('*')) return undefined;
      // Nobody says of a file that goes whether it is secret: its bytes stay where they are.
      const detail = content === undefined ? { hash: true } : { content: true };
      return { kind: 'file', path: target, ...detail };
    }
    default:
      return undefined;
  }
}

function fileSides(
  change: PlannedChange,
  content: string | Buffer | undefined,
  found: FileState,
  mark: (sha256: string) => string,
): void {
  const there = found.type !== 'absent';
  const whole = change.action === 'write';
  if (whole) change.action = there ? 'update' : 'create';
  const shown = (sha256: string) => (isSecret(change) ? mark(sha256) : `sha256:${sha256}`);
  const exact = change[EXACT];
  if (there) {
    change.before = found.sha256 ? shown(found.sha256) : found.type;
    change.mode = { before: octal(found.mode), ...change.mode };
    const owner = `${found.uid}:${found.gid}`;
    if (whole && owner !== ROOT) change.owner = { before: owner, after: ROOT };
  }
  if (change.secret && exact?.after) change.after = mark(exact.after);
  const before = there ? found.sha256 && { sha256: found.sha256 } : ('absent' as const);
  if (before) change[EXACT] = { ...exact, before };
  if (content === undefined || change.secret) return;
  const patch = unifiedDiff(change.target, found.content?.toString('utf8'), content.toString('utf8'));
  if (patch !== '') change.diff = patch;
}

/** Keys are secret, and what is taken away may be. */
function isSecret({ secret, kind, action }: PlannedChange): boolean {
  return secret === true || kind === 'key' || (kind === 'file' && action === 'delete');
}

/**
 * A host whose key cannot be had gives another fingerprint each time: then it tells that a secret changes, and
 * nothing that a later plan could be compared by.
 */
function fingerprints(answer: RunResult | undefined): (sha256: string) => string {
  const text = answer?.exit === 0 ? answer.stdout.trim() : '';
  const [key, name] = text === '' ? [randomBytes(32), 'once'] : [Buffer.from(text), 'fingerprint'];
  return (sha256) => `${name}:${createHmac('sha256', key).update(sha256).digest('hex').slice(0, 32)}`;
}

function unitState({ active, enabled }: UnitState): string {
  return [active, enabled].filter((word) => word !== '').join(' ');
}
