import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { initPhases } from '../../../src/cluster/init.ts';
import { joinPhases } from '../../../src/cluster/join.ts';
import type { DocumentedHost } from '../../../src/cluster/plan/document.ts';
import type { PlannedChange } from '../../../src/engine/changes.ts';
import type { Inventory } from './inventory.ts';

const EXEMPTIONS = join(import.meta.dirname, '../plan-exemptions.txt');

interface Comparison {
  /** Paths that changed on the host and that the plan does not have. */
  unplanned: string[];
  /** What the plan has and the host has not, or has otherwise: `/etc/hosts: sha256:…`. */
  undone: string[];
}

/**
 * The inventories of a host from before and after against its plan, in both directions. Free of it is only what daemons
 * make by the phases' own word (residue), and what plan-exemptions.txt lists with a reason.
 */
export async function compareWithPlan(
  before: Inventory,
  after: Inventory,
  plan: DocumentedHost,
): Promise<Comparison> {
  const exempt = await exemptions();
  const steps = plan.phases.flatMap((phase) => phase.steps);
  const [had, has] = [tree(before), tree(after)];
  // Where /lib is a link, as on merged systems, that is not where things are.
  const real = (path: string) => {
    const [, first = '', rest] = /^(\/[^/]+)(\/.*)$/.exec(path) ?? [];
    const link = /^l \S+ \S+ (\S+)$/.exec(had.get(first) ?? '')?.[1];
    return link && rest ? `/${link}${rest}` : path;
  };
  const changes = steps
    .flatMap((step) => step.changes ?? [])
    .filter(isOnDisk)
    .map((change) => ({ ...change, target: real(change.target) }));
  const later = steps.flatMap(({ targets = [] }) => targets);
  const units = steps.flatMap((step) => step.changes ?? []).filter(({ kind }) => kind === 'unit');
  const changed = [...new Set([...had.keys(), ...has.keys()])].filter(
    (path) => had.get(path) !== has.get(path),
  );
  const targets = [...changes.map(({ target }) => target), ...later];
  const isPlanned = (path: string) =>
    targets.some((target) =>
      target.endsWith('*') ? path.startsWith(target.slice(0, -1)) : path === target,
    ) ||
    // Folders above what is written come with it; `enable` links a unit to what wants it.
    (!had.has(path) && targets.some((target) => target.startsWith(`${path}/`))) ||
    units.some(
      ({ target }) => path.startsWith('/etc/systemd/system/') && path.endsWith(`.wants/${target}`),
    ) ||
    (!had.has(path) && units.some(({ target }) => path.endsWith('.wants') && has.has(`${path}/${target}`)));
  const isFree = (path: string) => exempt.some((pattern) => pattern.test(path));
  return {
    unplanned: changed.filter((path) => !isPlanned(path) && !isFree(path)),
    undone: [...lastOf(changes).values()].flatMap((change) => faultOf(change, has)),
  };
}

const ON_DISK = new Set<string>(['file', 'folder', 'link', 'executable', 'key', 'certificate', 'staticPod']);

function isOnDisk({ kind }: PlannedChange): boolean {
  return ON_DISK.has(kind);
}

/** A file may be made and removed again by one run. */
function lastOf(changes: readonly PlannedChange[]): Map<string, PlannedChange> {
  return new Map(changes.map((change) => [change.target, change]));
}

function faultOf({ action, target, after, mode }: PlannedChange, has: ReadonlyMap<string, string>): string[] {
  const found = target.endsWith('*')
    ? [...has].find(([path]) => path.startsWith(target.slice(0, -1)))?.[1]
    : has.get(target);
  if (action === 'delete') return found === undefined ? [] : [`${target}: is there`];
  if (found === undefined) return [`${target}: absent`];
  const [, bits, , digest] = found.split(' ');
  // A digest stands for bytes that were known; what was generated has none.
  if (after?.startsWith('sha256:') && digest !== after.slice(7))
    return [`${target}: ${digest} in place of ${after}`];
  const wanted = mode?.after?.replace(/^0/, '');
  return wanted === undefined || bits === wanted ? [] : [`${target}: mode ${bits} in place of ${wanted}`];
}

/** `TYPE MODE OWNER DIGEST` by path; of a link, what it points to in place of a digest. */
function tree(lines: Inventory): Map<string, string> {
  const found = new Map<string, string>();
  for (const line of lines) {
    const [, path, type, mode, owner, link] = /^file (\S+) (\S) (\d+) (\S+) ?(.*)$/.exec(line) ?? [];
    if (path) found.set(path, `${type} ${mode} ${owner} ${link}`.trimEnd());
  }
  for (const line of lines) {
    const [, path = '', digest] = /^content (\S+) ([0-9a-f]{64})$/.exec(line) ?? [];
    const about = found.get(path);
    if (digest && about) found.set(path, `${about} ${digest}`);
  }
  return found;
}

/** Lines `REGULAR EXPRESSION  # reason`, and the residue that phases declare. */
async function exemptions(): Promise<RegExp[]> {
  const lines = (await readFile(EXEMPTIONS, 'utf8')).split('\n').filter((line) => line.trim() !== '');
  const listed = lines.map((line) => {
    const [pattern = '', reason = ''] = line.split(/\s+# /);
    if (reason === '') throw new Error(`an exemption without a reason: ${line}`);
    return new RegExp(pattern);
  });
  const residue = [...initPhases, ...joinPhases].flatMap((phase) => phase.residue?.paths ?? []);
  const declared = residue.map(
    (path) => new RegExp(`^${path.replace(/\/\*$/, '/.').replaceAll(/[.]d/g, '\\.d')}`),
  );
  return [...listed, ...declared];
}
