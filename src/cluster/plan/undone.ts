import type { PlannedChange } from '../../engine/changes.ts';
import { addContents, type Draft, type PlanContents } from '../../engine/contents.ts';
import { mapHosts } from '../map-hosts.ts';
import type { ClusterPorts } from '../ports.ts';
import type { Moved } from './compare.ts';
import type { DocumentedHost, PlanDocument } from './document.ts';

/**
 * Files that the saved plan changes and the plan made again does not, and that are not as the saved one has them: what
 * it was made from is another by now, such as a password in the environment. To carry on would be to do less.
 */
export async function undone(
  ports: ClusterPorts,
  saved: PlanDocument,
  now: PlanDocument,
  contents: PlanContents,
): Promise<Moved[]> {
  const found = await mapHosts(saved.hosts, async (host): Promise<Moved[]> => {
    const left = missing(
      host,
      now.hosts.filter((each) => each.host === host.host),
    );
    if (left.size === 0) return [];
    const drafts = [...left.values()].map(([change]) => asked(change!));
    await addContents(await ports.openHost(host.host), drafts, contents);
    return drafts.flatMap(({ change: { target, before } }) => {
      const wanted = left.get(target)!.map(({ after }) => after);
      const unknown = wanted.some((after) => after?.startsWith('once:'));
      if (unknown || wanted.includes(before)) return [];
      const [after] = wanted;
      return [
        { host: host.host, target, expected: `to become ${after ?? 'absent'}`, found: before ?? 'absent' },
      ];
    });
  });
  return found.flat();
}

/** By path; what is made only when it is carried out can be told by nobody. */
function missing(saved: DocumentedHost, now: readonly DocumentedHost[]): Map<string, PlannedChange[]> {
  const still = new Set(now.flatMap(changesOf).map(({ target }) => target));
  const later = new Set(now.flatMap(laterOf));
  const left = new Map<string, PlannedChange[]>();
  for (const { phase, steps } of saved.phases)
    for (const { changes = [] } of steps.filter(({ step }) => !later.has(keyOf(phase, step))))
      for (const change of changes)
        if (isFile(change) && !still.has(change.target))
          left.set(change.target, [...(left.get(change.target) ?? []), change]);
  return left;
}

function isFile({ kind, target, generated }: PlannedChange): boolean {
  return ['file', 'staticPod', 'executable'].includes(kind) && !generated && !target.endsWith('*');
}

function asked({ target, secret, action }: PlannedChange): Draft {
  return { change: { kind: 'file', action, target, ...(secret ? { secret } : {}) } };
}

function changesOf({ phases }: DocumentedHost): PlannedChange[] {
  return phases.flatMap(({ steps }) => steps.flatMap(({ changes = [] }) => changes));
}

function laterOf({ phases }: DocumentedHost): string[] {
  return phases.flatMap(({ phase, steps }) =>
    steps.filter(({ status }) => status === 'deferred').map(({ step }) => keyOf(phase, step)),
  );
}

const keyOf = (phase: string, step: string) => `${phase}/${step}`;
