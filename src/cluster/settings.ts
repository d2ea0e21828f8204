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

/**
 * What was written, with what the lab needs beneath it: a map of the user's adds to the lab's, it does not replace it.
 * A recorded cluster has the lab's settings already, but for the maps that are written anew.
 */
export function overLab(
  lab: ClusterSpecInput,
  written: ClusterSpecInput,
  recorded: boolean,
): ClusterSpecInput {
  const maps = (['kubelet', 'kubeProxy'] as const).flatMap((field) =>
    written[field] && lab[field] ? [[field, mergeConfig(lab[field], written[field])] as const] : [],
  );
  const images = written.extraImages && [...new Set([...(lab.extraImages ?? []), ...written.extraImages])];
  const given = Object.fromEntries(Object.entries(written).filter(([, value]) => value !== undefined));
  return {
    ...(recorded ? {} : lab),
    ...given,
    ...Object.fromEntries(maps),
    ...(images ? { extraImages: images } : {}),
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
