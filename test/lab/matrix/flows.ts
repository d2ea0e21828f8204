/** A command on real hosts that is killed at its operations, in a cluster that lives on with what it left. */
export interface LabFlow {
  name: string;
  /** As it is typed. */
  command: readonly string[];
  /** Whose work it is, and whose power is cut. */
  host: string;
  /** What the cluster has afterwards; undefined where it is gone. */
  after?: Members;
  /** The host is as it was before it was in any cluster. */
  bare?: true;
  /** Looks at nothing before it acts: a third run changes something by its nature. */
  acts?: true;
}

export interface Members {
  controlPlanes: readonly string[];
  workers: readonly string[];
}

const one: Members = { controlPlanes: ['cp1'], workers: [] };
const withWorker: Members = { controlPlanes: ['cp1'], workers: ['w1'] };
const two: Members = { controlPlanes: ['cp1', 'cp2'], workers: ['w1'] };
const twoAlone: Members = { controlPlanes: ['cp1', 'cp2'], workers: [] };

const init: LabFlow = { name: 'init', command: ['init', 'cp1'], host: 'cp1', after: one };
const joinWorker: LabFlow = { name: 'join-worker', command: ['join', 'w1'], host: 'w1', after: withWorker };
const joinControlPlane: LabFlow = {
  name: 'join-control-plane',
  command: ['join', 'cp2', '--control-plane'],
  host: 'cp2',
  after: two,
};
const resetLast: LabFlow = { ...leaving('reset-last', ['reset', 'cp1'], 'cp1'), acts: true };

/** Lives of a cluster: each command begins where the one before it ended, and the last one leaves bare hosts. */
export const LIVES: readonly (readonly LabFlow[])[] = [
  [
    init,
    joinWorker,
    joinControlPlane,
    leaving('remove-worker', ['node', 'remove', 'w1'], 'w1', twoAlone),
    { ...leaving('reset-control-plane', ['reset', 'cp2'], 'cp2', one), acts: true },
    resetLast,
  ],
  [
    init,
    joinWorker,
    joinControlPlane,
    leaving('remove-control-plane', ['node', 'remove', 'cp2'], 'cp2', withWorker),
    { ...leaving('reset-worker', ['reset', 'w1'], 'w1', one), acts: true },
    resetLast,
  ],
];

/** The one for `npm test`: every kind of command, two hosts. */
export const SHORT_LIFE: readonly LabFlow[] = [
  init,
  joinWorker,
  leaving('remove-worker', ['node', 'remove', 'w1'], 'w1', one),
  resetLast,
];

function leaving(name: string, command: readonly string[], host: string, after?: Members): LabFlow {
  return { name, command: [...command, '--yes'], host, bare: true, ...(after ? { after } : {}) };
}
