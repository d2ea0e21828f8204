import { createHmac, randomBytes } from 'node:crypto';
import type { FileState, Host } from '../host/port.ts';
import type { FileChange } from './plan.ts';
import type { OperationDraft, Verdict } from './step.ts';

type Write = Extract<OperationDraft, { kind: 'write' }>;
type Removal = Extract<OperationDraft, { kind: 'remove' }>;
export type FileDraft = Write | Removal;

/** The files whose contents after the change are known now. */
export function knownFiles(verdict: Verdict): FileDraft[] {
  if (verdict.status !== 'change') return [];
  return (verdict.known ?? []).filter((draft) => draft.kind === 'write' || isPlainRemoval(draft));
}

function isPlainRemoval(draft: OperationDraft): draft is Removal {
  return draft.kind === 'remove' && !draft.recursive;
}

/**
 * Both sides of every file, the host asked once. A secret is replaced by a fingerprint under a key that is thrown
 * away: it tells whether two contents are the same, and nothing that could be tried out against it.
 */
export async function fileChanges(host: Host, drafts: readonly FileDraft[]): Promise<FileChange[]> {
  if (drafts.length === 0) return [];
  const key = randomBytes(32);
  const found: FileState[] = await host.inspect(
    drafts.map(({ path }) => ({ kind: 'file', path, content: true }) as const),
  );
  return drafts.map((draft, index) => {
    // Nobody says of a file that goes whether it is secret.
    const secret = draft.kind === 'remove' || (draft.secret ?? false);
    const shown = (content: Buffer | string | undefined) =>
      content === undefined ? undefined : text(Buffer.from(content as string), secret, key);
    return {
      path: draft.path,
      secret,
      before: shown(found[index]?.content),
      after: draft.kind === 'write' ? shown(draft.content) : undefined,
    };
  });
}

function text(content: Buffer, secret: boolean, key: Buffer): string {
  if (!secret) return content.toString('utf8');
  const fingerprint = createHmac('sha256', key).update(content).digest('hex').slice(0, 16);
  return `secret, ${content.length} bytes, fingerprint ${fingerprint}\n`;
}
