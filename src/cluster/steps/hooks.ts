import { change, type Step } from '../../engine/step.ts';
import type { HooksSpec } from '../spec/sections.ts';

/** What a hook may take; it ends the run then, as a failing one does. */
const SECONDS = 600;

export interface HookScope {
  cluster: string;
  node: string;
}

/** The commands of one list, each as `sh -c` runs it as root; the first that fails ends the run. */
export function hookSteps(
  list: keyof HooksSpec,
  commands: readonly string[],
  { cluster, node }: HookScope,
): Step[] {
  const env = { KUBEWRIGHT_CLUSTER: cluster, KUBEWRIGHT_NODE: node, KUBEWRIGHT_HOOK: list };
  return commands.map((command, index) => ({
    name: `${list}-${index + 1}`,
    check: () =>
      change(`run hook ${list}[${index}]: ${command}`, [
        {
          kind: 'run',
          // All that it says is what is shown where it fails.
          argv: ['sh', '-c', 'exec sh -c "$1" >&2', 'hook', command],
          env,
          label: `hook ${list}[${index}] "${command}"`,
          timeoutSeconds: SECONDS,
        },
      ]),
  }));
}

/** The same steps where `due` says so when they are checked. */
export function onlyIf(due: DueCheck, steps: readonly Step[], look: Step['look'] = []): Step[] {
  return steps.map((step) => ({
    ...step,
    look: [...look, ...(step.look ?? [])],
    check: (seen) => (due(seen) ? step.check(seen) : { status: 'done' }),
  }));
}

type DueCheck = (seen: Parameters<Step['check']>[0]) => boolean;
