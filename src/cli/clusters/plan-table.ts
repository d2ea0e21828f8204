import type { DocumentedHost, PlanDocument } from '../../cluster/plan/document.ts';
import type { PlannedChange } from '../../engine/changes.ts';
import type { StepPlan } from '../../engine/plan.ts';
import { TabWriter } from '../../output/printers/tab-writer.ts';

/** What a kind is called, one and several. */
const WORDS: Record<string, readonly [string, string]> = {
  file: ['file', 'files'],
  folder: ['folder', 'folders'],
  link: ['link', 'links'],
  staticPod: ['static pod', 'static pods'],
  executable: ['executable', 'executables'],
  unit: ['unit', 'units'],
  sysctl: ['kernel parameter', 'kernel parameters'],
  image: ['image', 'images'],
  key: ['key', 'keys'],
  certificate: ['certificate', 'certificates'],
  object: ['object', 'objects'],
  member: ['etcd member', 'etcd members'],
  command: ['command', 'commands'],
  later: ['step decided later', 'steps decided later'],
};

/** A plan for people: host by host what changes, patches of what is there already, and the sums at the end. */
export function planTable(plan: PlanDocument): string {
  const open = plan.hosts.filter(({ phases }) => phases.length > 0);
  const removed = plan.removed.flatMap(({ node, summary }) => [
    `${node} is removed:`,
    ...summary.map((line) => `  - ${line}`),
  ]);
  const sums = plan.hosts.map(({ node, counts }) => `${node}: ${sumOf(counts)}`);
  const total = plan.changes === 0 ? `${plan.cluster} is as its file says.` : `${plan.changes} changes.`;
  return [...open.map(hostTable), ...removed, ...sums, total].join('\n');
}

function hostTable({ node, role, phases }: DocumentedHost): string {
  const steps = phases.flatMap((phase) => phase.steps.map((step) => ({ phase: phase.phase, step })));
  const rows = steps.flatMap(({ phase, step }) => rowsOf(phase, step));
  const out = new TabWriter();
  for (const { cells } of rows) out.write(`${cells.join('\t')}\n`);
  const lines = out.take().trimEnd().split('\n');
  const shown = rows.flatMap(({ patch }, index) => [`  ${lines[index]!.trimEnd()}`, ...patch]);
  return [`${node} (${role}):`, ...shown].join('\n');
}

interface Row {
  cells: string[];
  patch: string[];
}

function rowsOf(phase: string, { status, step, summary, changes = [] }: StepPlan): Row[] {
  if (status === 'deferred')
    return [{ cells: ['?', 'later', '', `${phase}/${step}`, summary.join(', ')], patch: [] }];
  return changes.map((change) => ({ cells: cellsOf(change), patch: patchOf(change) }));
}

const SIGNS: Partial<Record<PlannedChange['action'], string>> = {
  create: '+',
  issue: '+',
  import: '+',
  delete: '-',
};

function cellsOf(change: PlannedChange): string[] {
  const { action, kind, target } = change;
  return [SIGNS[action] ?? '~', action, WORDS[kind]?.[0] ?? kind, target, detailOf(change)];
}

function detailOf({ kind, before, after, mode, owner, why, generated }: PlannedChange): string {
  const states = kind === 'sysctl' || kind === 'unit' ? arrow(before, after) : undefined;
  const bits = mode?.before === mode?.after ? undefined : before && arrow(mode?.before, mode?.after);
  const owners = owner && arrow(owner.before, owner.after);
  const certificate = generated?.certificate;
  const fields = certificate && [
    certificate.subject,
    certificate.usages.join(' and '),
    `${certificate.validHours} h`,
    [...certificate.dns, ...certificate.ip].join(' '),
  ];
  return [why, states, bits, owners, ...(fields ?? [generated?.what])].filter(Boolean).join(', ');
}

function arrow(before: string | undefined, after: string | undefined): string | undefined {
  return after === undefined ? before : `${before ?? 'none'} → ${after}`;
}

/** Of what is there already; what is new is told by its name, and by `kubewright diff` byte by byte. */
function patchOf({ action, diff }: PlannedChange): string[] {
  if (action !== 'update' || !diff) return [];
  return diff
    .trimEnd()
    .split('\n')
    .slice(2)
    .map((line) => `      ${line}`);
}

function sumOf(counts: DocumentedHost['counts']): string {
  const parts = Object.entries(WORDS).flatMap(([kind, [one, several]]) => {
    const count = counts[kind as keyof typeof counts] ?? 0;
    return count === 0 ? [] : [`${count} ${count === 1 ? one : several}`];
  });
  return parts.length === 0 ? 'no change' : parts.join(', ');
}
