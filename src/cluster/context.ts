import type { Facts, Host } from '../host/port.ts';
import type { ApiClient } from '../kube/port.ts';
import type { Reporter } from '../output/events.ts';
import type { KubeletToken } from './bootstrap-token.ts';
import type { EtcdClient } from './etcd/client.ts';
import type { ExternalEtcd } from './etcd/external.ts';
import type { Seat } from './etcd/seat.ts';
import type { Turn } from './etcd/turns.ts';
import type { PkiSession } from './pki/session.ts';
import type { SharedFiles } from './pki/shared.ts';
import type { ClusterPorts } from './ports.ts';
import { durationMs } from './spec/duration.ts';
import type { TimeoutsSpec } from './spec/sections.ts';
import type { ClusterSpec, NodeSpec } from './spec/types.ts';
import type { HostBinary } from './steps/binary.ts';
import type { HostImage } from './steps/images.ts';

/** What every phase of `init` and `join` on one host has to work with. Facts are read-only. */
export interface NodeContext {
  spec: ClusterSpec;
  node: NodeSpec;
  host: Host;
  facts: Facts;
  /** Executables and images for this host's architecture, all in the cache and verified. */
  binaries: HostBinary[];
  images: HostImage[];
  /** PEM of the cluster's CA; empty on a control plane that has not made it yet (see ControlPlaneContext.pki). */
  ca: string;
  /** The cluster's API server: with administrator's rights, or, where a token was given to join with, with that. */
  api(): Promise<ApiClient>;
  /** A password that the machine which runs this has; undefined where it has not. */
  secret: ClusterPorts['secret'];
  /** On a control plane: the etcd outside that it is to use, where the cluster has one. */
  externalEtcd?: ExternalEtcd | undefined;
  /** What the hosts of this run give each other, if they do. */
  shares: ClusterPorts['shares'];
  /** Findings that this run has told; absent where the host is looked at alone. */
  told?: Set<string> | undefined;
  reporter: Reporter;
  /** Deadline of a wait, milliseconds: `--timeout` where it was given, otherwise the cluster's own for such a wait. */
  waitMs(wait: keyof TimeoutsSpec): number;
}

/** The cluster as one host is to join it. */
export interface ClusterToJoin {
  spec: ClusterSpec;
  /** False where kubewright has no record in the cluster, which somebody else made then. */
  recorded: boolean;
  /** Whether `api` may do everything, or just what a bootstrap token may. */
  administrator: boolean;
  /** Absent in the plan of a cluster that is to be made; there `ca` is empty. */
  api?: ApiClient;
  /** PEM of the cluster's CA. */
  ca: string;
  token: KubeletToken;
}

export interface JoinContext extends NodeContext {
  /** What the kubelet bootstraps with. */
  token: KubeletToken;
  /** Whether `api` may do everything, or just what a bootstrap token may. */
  administrator: boolean;
}

export interface ControlPlaneContext extends NodeContext {
  /** Certificates, keys and kubeconfigs of this host. */
  pki: PkiSession;
}

/** A control plane that joins others. */
export interface JoinControlPlaneContext extends ControlPlaneContext {
  /** The cluster's keys, as the control plane that it joins through has them. */
  shared: SharedFiles;
  /** The cluster's etcd, by way of that control plane; none in the plan of a cluster that is to be made. */
  etcd: EtcdClient | undefined;
  /** This host's turn at changing etcd's membership. */
  turn: Turn;
  /** Its hold on its member while it joins. */
  seat: Seat;
  /** A component of this host at its own port, whose certificate it has signed itself. */
  component(server: string): ApiClient;
}

export function deadlines(spec: ClusterSpec, override: number | undefined): NodeContext['waitMs'] {
  return (wait) => override ?? durationMs(spec.timeouts[wait]);
}
