import type { Phase, Residue } from '../engine/phase.ts';
import { done, type OperationDraft, type Step } from '../engine/step.ts';
import { undoOperations } from '../engine/undo.ts';
import type { Host, JournalEntry } from '../host/port.ts';
import { initPhases } from './init.ts';
import { joinPhases } from './join.ts';
import { etcd } from './phases/static-pods.ts';
import type { ResetNotes } from './reset-notes.ts';
import { isSwept, stopPodsOperations, sweepOperations } from './residue.ts';
import { blockStep } from './steps/block.ts';
import { hookSteps } from './steps/hooks.ts';
import { forgetRegistries } from './steps/registries.ts';

export interface ResetContext {
  host: Host;
  journal: readonly JournalEntry[];
  /** Paths that a workflow of ours would write, for a host whose journal is gone. */
  knownPaths: readonly string[];
  /** Paths of a cluster that somebody else made. */
  foreignPaths?: readonly string[];
  notes: ResetNotes;
  /** No etcd of ours ran here: what looks like its data is somebody else's. */
  withoutEtcd?: boolean;
}

const all: readonly Phase<never>[] = [...initPhases, ...joinPhases];

/** What ran here of ours. */
function workflowsOf({ withoutEtcd }: Pick<ResetContext, 'withoutEtcd'>): readonly Phase<never>[] {
  return withoutEtcd ? all.filter(({ name }) => name !== etcd.name) : all;
}
const units = ['kubelet.service', 'containerd.service'];
/** systemd waits 90 s before it kills what hangs (DefaultTimeoutStopSec). */
const STOP_SECONDS = 120;

/** Takes a host back to what it was, top to bottom; works without an API server, and twice. */
export const resetPhases: readonly Phase<ResetContext>[] = [
  {
    name: 'before-reset',
    title: 'Run the hooks before the host is reset',
    after: [],
    steps: ({ notes }) => hookSteps('beforeReset', notes.beforeReset, notes),
  },
  {
    name: 'stop',
    title: 'Stop the kubelet and its pods',
    after: ['before-reset'],
    steps: () => [
      operations('kubelet', stopUnit('kubelet.service')),
      operations('pods', stopPodsOperations()),
    ],
  },
  {
    name: 'sweep',
    title: 'Take away what daemons left',
    after: ['stop'],
    steps: (context) => [
      operations('containerd', stopUnit('containerd.service')),
      operations('residue', sweepOperations([...workflowsOf(context), etcdData(context.notes)])),
    ],
  },
  {
    name: 'undo',
    title: 'Take back what was made',
    after: ['sweep'],
    steps: ({ journal, knownPaths, foreignPaths = [], ...context }) => [
      // What a daemon had there before us, such as a certificate that a kubelet signed itself, is no file of the host.
      operations(
        'journal',
        undoOperations(journal.filter((entry) => isUndone(entry, journal, workflowsOf(context)))),
      ),
      ...(hasOurLines(journal, knownPaths) ? [blockStep('hosts', HOSTS, [])] : []),
      ...(knownPaths.length > 0 ? withoutJournal(journal) : []),
      operations(
        'known',
        [...knownPaths, ...foreignPaths].map((path) => ({ kind: 'remove', path, recursive: true })),
      ),
      operations('units', [{ kind: 'unit', name: '', action: 'reload' }, ...ranBefore(journal)]),
    ],
  },
  {
    name: 'after-reset',
    title: 'Run the hooks after the host was reset',
    after: ['undo'],
    steps: ({ notes }) => hookSteps('afterReset', notes.afterReset, notes),
  },
];

const HOSTS = '/etc/hosts';

/** What daemons had there before us is no file of the host. */
function isUndone(
  { target }: JournalEntry,
  journal: readonly JournalEntry[],
  workflows: readonly Phase<never>[],
): boolean {
  return !isSwept(workflows, target) && (target !== HOSTS || hostsFileBefore(journal) === 'absent');
}

/** Of a file that the host had, just our lines go: others may have written some since. */
function hasOurLines(journal: readonly JournalEntry[], knownPaths: readonly string[]): boolean {
  const before = hostsFileBefore(journal);
  return before === undefined ? knownPaths.length > 0 : before !== 'absent';
}

function hostsFileBefore(journal: readonly JournalEntry[]): string | undefined {
  return journal.find(({ target }) => target === HOSTS)?.before;
}

/** A containerd of the host's own goes on, with its own files again. */
function ranBefore(journal: readonly JournalEntry[]): OperationDraft[] {
  return units.flatMap((name): OperationDraft[] => {
    const first = journal.find(
      ({ kind, target, before }) => kind === 'unit' && target === name && before !== '',
    );
    return first?.before.startsWith('active ') ? [{ kind: 'unit', name, action: 'start' }] : [];
  });
}

/** Only what etcd makes: the folder is the user's choice. */
function etcdData({ etcdDataDir }: ResetNotes): { residue: Residue } {
  return { residue: { paths: etcdDataDir ? [`${etcdDataDir}/member`] : [] } };
}

/** What the files of a lost journal do not take with them: links to units, and our lines in a file of the host. */
function withoutJournal(journal: readonly JournalEntry[]): Step[] {
  const lost = (target: string) => !journal.some((entry) => entry.target === target);
  const disable = units
    .filter(lost)
    .map((name): OperationDraft => ({ kind: 'unit', name, action: 'disable' }));
  return [
    operations('known-units', disable),
    operations('known-registries', [{ kind: 'run', argv: forgetRegistries() }]),
  ];
}

function stopUnit(name: string): OperationDraft[] {
  if (!units.includes(name)) throw new Error(`not a unit of ours: ${name}`);
  return [{ kind: 'run', argv: ['systemctl', 'stop', name], accept: [0, 5], timeoutSeconds: STOP_SECONDS }];
}

function operations(name: string, drafts: OperationDraft[]): Step {
  return {
    name,
    check: () => {
      if (drafts.length === 0) return done;
      const summary = drafts.map(labelOf);
      return { status: 'change', summary, change: { kind: 'operations', operations: () => drafts } };
    },
  };
}

function labelOf(draft: OperationDraft): string {
  if ('path' in draft) return `${draft.kind} ${draft.path}`;
  if (draft.kind === 'run')
    return draft.argv[0] === 'sh'
      ? `run ${draft.argv[3]} ${draft.argv.slice(4).join(' ')}`
      : draft.argv.join(' ');
  if (draft.kind === 'unit') return `${draft.action} ${draft.name}`;
  return draft.kind === 'sysctl' ? `set ${draft.key} = ${draft.value}` : draft.kind;
}
