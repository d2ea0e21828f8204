import { KubewrightError } from '../../base/errors.ts';
import type { PlannedChange } from '../../engine/changes.ts';
import type { StepPlan } from '../../engine/plan.ts';
import type { DocumentedHost, PlanDocument } from './document.ts';

/** What is not as a saved plan expects it. */
export interface Moved {
  host: string;
  /** Path, unit, object, or the step where there is none. */
  target: string;
  expected: string;
  found: string;
}

const AS_WANTED = 'no change there';

/**
 * Throws PlanMoved where carrying out the cluster's file now would be more than the saved plan, would start from
 * something else, or would be less (`undone`). What is done by now is no reason: a run that was cut goes on where it
 * ended.
 */
export function refuseMoved(saved: PlanDocument, now: PlanDocument, undone: readonly Moved[] = []): void {
  const moved = [...now.hosts.flatMap((host) => movedOn(saved, host)), ...removals(saved, now), ...undone];
  if (moved.length === 0) return;
  const lines = moved.slice(0, SHOWN).map(lineOf);
  const more = moved.length > SHOWN ? [`- and ${moved.length - SHOWN} more`] : [];
  const hosts = [...new Set(moved.map(({ host }) => host))];
  throw new KubewrightError({
    code: 'PlanMoved',
    message: `Since the plan of ${saved.cluster} was made, ${hosts.join(', ')} moved; nothing was changed:\n${[...lines, ...more].join('\n')}`,
    ...(hosts.length === 1 ? { host: hosts[0]! } : {}),
    hint: `kubewright plan -f ${saved.declaration.source} --out FILE makes a new plan.`,
    exit: 'planMoved',
  });
}

const SHOWN = 20;

function lineOf({ host, target, expected, found }: Moved): string {
  const short = (text: string) => text.replaceAll(/(?<=(?:sha256|fingerprint):[0-9a-f]{12})[0-9a-f]+/g, '…');
  return `- ${host}: ${target}: expected ${short(expected)}, found ${short(found)}`;
}

function movedOn(saved: PlanDocument, { host, phases }: DocumentedHost): Moved[] {
  const before = saved.hosts.filter((each) => each.host === host).flatMap((each) => each.phases);
  return phases.flatMap(({ phase, steps }) =>
    steps.flatMap((step) => {
      const known = before
        .filter((each) => each.phase === phase)
        .flatMap((each) => each.steps.filter(({ step: name }) => name === step.step));
      return movedIn(known, step).map((each) => ({
        ...each,
        host,
        target: each.target ?? `${phase}/${step.step}`,
      }));
    }),
  );
}

type Told = Omit<Moved, 'host' | 'target'> & { target?: string };

function movedIn(known: readonly StepPlan[], step: StepPlan): Told[] {
  const later = known.find(({ status }) => status === 'deferred');
  if (step.status === 'deferred') {
    const [was] = known.flatMap(({ summary }) => summary);
    return later ? [] : [{ expected: was ?? AS_WANTED, found: step.summary.join(', ') }];
  }
  const { changes = [] } = step;
  if (later) {
    const { targets } = later;
    const beyond = changes.filter(
      ({ target }) => target.startsWith('/') && targets && !targets.includes(target),
    );
    return beyond.map((change) => ({ target: change.target, expected: AS_WANTED, found: words(change) }));
  }
  const planned = known.flatMap((each) => each.changes ?? []);
  return changes.flatMap((change) => {
    const { kind, target } = change;
    // A unit may be enabled and started anew: the same target twice in one step.
    const same = planned.filter((each) => each.kind === kind && each.target === target);
    const differences = same.map((was) => difference(was, change));
    if (differences.some((found) => found.length === 0)) return [];
    const [nearest = [{ expected: AS_WANTED, found: words(change) }]] = differences;
    return nearest.map((each) => ({ ...each, target }));
  });
}

/** The first of what tells one change from the other, for people. */
function difference(was: PlannedChange, now: PlannedChange): Told[] {
  const state = (side: string | undefined) => side ?? 'absent';
  if (was.kind !== 'unit' && !sameDigest(was.before, now.before))
    return [{ expected: state(was.before), found: state(now.before) }];
  if (was.mode?.before !== now.mode?.before || was.owner?.before !== now.owner?.before)
    return [{ expected: access(was), found: access(now) }];
  if (was.action !== now.action && !(isStart(was) && isStart(now)))
    return [{ expected: was.action, found: now.action }];
  const same = sameDigest(was.after, now.after) && was.mode?.after === now.mode?.after;
  if (!same) return [{ expected: `to become ${state(was.after)}`, found: `to become ${state(now.after)}` }];
  const [one, other] = [JSON.stringify(was.generated), JSON.stringify(now.generated)];
  return one === other ? [] : [{ expected: state(one), found: state(other) }];
}

/** Which of them it is depends on how far a run came that was cut. */
function isStart({ kind, action }: PlannedChange): boolean {
  return kind === 'unit' && ['enable', 'start', 'restart'].includes(action);
}

/** A fingerprint of a key that nobody has any more tells nothing. */
function sameDigest(one: string | undefined, other: string | undefined): boolean {
  return one === other || (one?.startsWith('once:') === true && other?.startsWith('once:') === true);
}

function access({ mode, owner }: PlannedChange): string {
  return `mode ${mode?.before ?? 'unknown'}, owner ${owner?.before ?? '0:0'}`;
}

function words({ action, before, after }: PlannedChange): string {
  return [action, before && `from ${before}`, after && `to ${after}`].filter(Boolean).join(' ');
}

function removals(saved: PlanDocument, now: PlanDocument): Moved[] {
  const known = new Set(saved.removed.map(({ node }) => node));
  const fresh = now.removed.filter(({ node }) => !known.has(node));
  return fresh.map(({ node }) => ({
    host: node,
    target: 'the host',
    expected: 'not to be removed',
    found: 'in the cluster and not in its file',
  }));
}
