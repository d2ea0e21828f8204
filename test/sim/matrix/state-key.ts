import { createHash } from 'node:crypto';
import { sha256, type Tree } from '../world/tree.ts';
import type { Snapshot } from '../world/world.ts';

/** Differs from run to run and says nothing of what was done: who holds the lock, when a unit was started, what was called. */
const FLEETING =
  /^fs\/(run\/kubewright.*|stub-state\/(calls|registered|units\/.*\.entered|units\/loaded)|var\/lib\/kubewright\/(lock|hashes|kept\/incomplete.*))$/;
const JOURNAL = 'fs/var/lib/kubewright/journal';

const hashes = new WeakMap<Buffer, string>();

/** The same text for worlds that nothing in them tells apart: a run that finds one of them finds the other. */
export function stateKey({ disks, clusters }: Snapshot): string {
  const hash = createHash('sha256');
  for (const [host, tree] of disks) hash.update(`${host}\n${diskKey(tree)}\n`);
  for (const [id, { members, content }] of clusters) {
    hash.update(`${id} ${JSON.stringify(members)}\n`);
    for (const [key, { metadata, ...object }] of [...content.objects].toSorted(([a], [b]) =>
      a < b ? -1 : 1,
    )) {
      const { uid: _, resourceVersion: __, creationTimestamp: ___, managedFields: ____, ...about } = metadata;
      hash.update(`${key} ${JSON.stringify({ ...object, metadata: about })}\n`);
    }
  }
  return hash.digest('hex');
}

function diskKey(tree: Tree): string {
  const lines = [...tree].flatMap(([path, { type, mode, content, target }]) => {
    if (FLEETING.test(path)) return [];
    const what = path === JOURNAL ? journalKey(content!) : content ? hashOf(content) : (target ?? '');
    return [`${path} ${type} ${mode} ${what}`];
  });
  return lines.sort().join('\n');
}

/** Without the second column, the run that wrote the line. */
function journalKey(journal: Buffer): string {
  return sha256(Buffer.from(journal.toString().replaceAll(/^(begin|done)\t[^\t]*/gm, '$1')));
}

function hashOf(content: Buffer): string {
  const known = hashes.get(content) ?? sha256(content);
  hashes.set(content, known);
  return known;
}
