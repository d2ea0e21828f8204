import type { ImageArtifact } from '../artifacts/port.ts';
import type { Guard } from '../engine/guard.ts';
import type { Host } from '../host/port.ts';
import type { ApiClient, ApiEndpoint } from '../kube/port.ts';
import type { LabDefaults } from '../lab/port.ts';
import type { Reporter } from '../output/events.ts';
import type { Shares } from './delivery/shares.ts';
import type { RunLock } from './locking/run-lock.ts';
import type { Checked } from './preflight/together.ts';
import type { ArtifactsSpec, RegistryCredentials } from './spec/sections.ts';
import type { HostBinary } from './steps/binary.ts';

/** What the workflows need of the world; src/cli/context.ts gives the real ones. */
export interface ClusterPorts {
  /** `[user@]host[:port]`, a name of ssh_config, a lab host, or `local`. */
  openHost(target: string): Promise<Host>;
  /** Settings of the lab that the target is a host of. */
  labDefaults(target: string): Promise<LabDefaults | undefined>;
  apiClient(endpoint: ApiEndpoint): ApiClient;
  /** Executables and images; `choice` is what the specification says, or this machine's user instead of it. */
  artifacts(wanted: ArtifactsSpec): Promise<{ choice: ArtifactsSpec; store: ArtifactStore }>;
  /** A password that this machine has where the specification says, undefined where it has not. */
  secret(source: RegistryCredentials): Promise<string | undefined>;
  /** A file of this machine, seen from the folder of the cluster file; undefined where there is none. */
  localFile(path: string): Promise<Buffer | undefined>;
  /** What the hosts of this run give each other, where several are served. */
  shares?: Shares;
  /** What was found when all hosts of this run were looked at together. */
  checked?: Checked;
  /** What this run holds; absent before it changes anything, and where it only looks. */
  run?: RunLock;
  /** How long a lock lasts unrenewed, and how long another run's is waited for. */
  lock?: { leaseSeconds?: number; waitSeconds?: number };
  reporter: Reporter;
  signal: AbortSignal;
  /** Where a plan is carried out: lets nothing else happen. */
  guard?: Guard;
  now(): Date;
}

interface ArtifactStore {
  hostFiles(arch: string, kubernetesVersion: string): Promise<HostBinary[]>;
  /** By catalog names; all of the cluster's own where none are given. `references`: as the cluster calls them. */
  images(
    arch: string,
    kubernetesVersion: string,
    names?: readonly string[],
    references?: Readonly<Record<string, string>>,
  ): Promise<ImageArtifact[]>;
}
