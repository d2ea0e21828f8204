import type { KubeObject } from '../../kube/port.ts';
import { usageFault } from '../failures.ts';

/** What is read of a Pod, as it stands in core/v1. */
export interface Pod extends KubeObject {
  spec: {
    nodeName?: string;
    containers: { name: string }[];
    initContainers?: { name: string }[];
    ephemeralContainers?: { name: string }[];
  };
  status?: {
    phase?: string;
    conditions?: { type: string; status: string; lastTransitionTime?: string }[];
    containerStatuses?: { restartCount?: number }[];
  };
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

/** In the order in which `--all-containers` shows them. */
export function containersOf({ spec }: Pod): string[] {
  const { initContainers = [], containers, ephemeralContainers = [] } = spec;
  return [...initContainers, ...containers, ...ephemeralContainers].map(({ name }) => name);
}

/** `app, debug (ephem), setup (init)` */
export function containerNames({ spec }: Pod): string {
  const { initContainers = [], containers, ephemeralContainers = [] } = spec;
  return [
    ...containers.map(({ name }) => name),
    ...ephemeralContainers.map(({ name }) => `${name} (ephem)`),
    ...initContainers.map(({ name }) => `${name} (init)`),
  ].join(', ');
}

/**
 * The container that is meant: the named one, the annotated one, or the first, which is said where there are
 * several. Throws for a name that the pod does not have.
 */
export function chooseContainer(pod: Pod, named: string | undefined, note?: (line: string) => void): string {
  const name = named || pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (name && containersOf(pod).includes(name)) return name;
  if (name)
    throw usageFault(
      `container ${name} is not valid for pod ${pod.metadata.name} out of: ${containerNames(pod)}`,
    );
  const [first] = pod.spec.containers;
  if (containersOf(pod).length > 1)
    note?.(`Defaulted container "${first!.name}" out of: ${containerNames(pod)}`);
  return first!.name;
}
