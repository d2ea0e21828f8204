import { KubewrightError } from '../base/errors.ts';
import type { Phase } from '../engine/phase.ts';
import type { LabDefaults } from '../lab/port.ts';
import { mergeConfig } from './manifests/merge.ts';
import type { ClusterSpec, ClusterSpecInput } from './spec/types.ts';

/** A lab's own settings as part of a cluster's: what the machine under it refuses or lacks. */
export function labSettings(defaults: LabDefaults | undefined): {
  spec: ClusterSpecInput;
  ignorePreflightErrors: string[];
} {
  if (!defaults) return { spec: {}, ignorePreflightErrors: [] };
  const { kubelet, kubeProxy, restrictOomScoreAdj, extraImages, ignorePreflightErrors } = defaults;
  return { spec: { kubelet, kubeProxy, restrictOomScoreAdj, extraImages }, ignorePreflightErrors };
}

/** A lab's settings over a cluster's, for a host that joins one whose own they are not. */
export function withLab(spec: ClusterSpec, lab: ClusterSpecInput): ClusterSpec {
  return {
    ...spec,
    kubelet: mergeConfig(spec.kubelet, lab.kubelet ?? {}),
    restrictOomScoreAdj: lab.restrictOomScoreAdj ?? spec.restrictOomScoreAdj,
    extraImages: lab.extraImages ?? spec.extraImages,
  };
}

/** The named phases in the workflow's order; what they come after is taken as done. */
export function selectPhases<C>(
  phases: readonly Phase<C>[],
  names: readonly string[] | undefined,
): Phase<C>[] {
  if (!names) return [...phases];
  const unknown = names.filter((name) => !phases.some((phase) => phase.name === name));
  if (unknown.length > 0) {
    throw new KubewrightError({
      code: 'UnknownPhase',
      message: `There is no phase ${unknown.join(', ')}.`,
      hint: `The phases are: ${phases.map((phase) => phase.name).join(', ')}.`,
      exit: 'usage',
    });
  }
  const selected = phases.filter((phase) => names.includes(phase.name));
  return selected.map((phase) => ({ ...phase, after: phase.after.filter((name) => names.includes(name)) }));
}
