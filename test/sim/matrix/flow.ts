import type { ClusterPorts } from '../../../src/cluster/ports.ts';
import type { Reachable } from '../world/run.ts';
import type { World } from '../world/world.ts';

/** How many steps a run changed on each host, by the host's name. */
export type Changes = Record<string, number>;

/** A command whose every operation is a kill point, from a world that is as it was before that command. */
export interface Flow {
  name: string;
  hosts: readonly string[];
  /** Brings fresh hosts to where the command begins. */
  prepare(world: World): Promise<void>;
  /** The command itself; throws where it fails. */
  run(world: Reachable, ports: ClusterPorts): Promise<Changes>;
  /** Control planes and workers that the cluster has afterwards. */
  after: { controlPlanes: readonly string[]; workers: readonly string[] };
  /** Hosts that are as they were before they ever were in a cluster. */
  bare?: readonly string[];
  /** A third run changes something by its nature: reset looks at nothing before it acts. */
  acts?: true;
  /** All of it is in another flow too: for samples. */
  part?: true;
}
