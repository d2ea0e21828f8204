import type { Member } from '../etcd/client.ts';
import type { NodeRole } from '../spec/types.ts';

/**
 * What `status -o json` prints, by docs/reference/status.md. Within one apiVersion fields are added, never taken away
 * or given another meaning.
 */
export interface ClusterStatus {
  apiVersion: typeof STATUS_API_VERSION;
  kind: 'ClusterStatus';
  cluster: string;
  kubernetesVersion: string;
  endpoint: string;
  /** Nothing is in `problems`. */
  healthy: boolean;
  /** Each a line that names what it is about. */
  problems: string[];
  /** Worth knowing, and no reason to call the cluster unhealthy: certificates that end soon, hosts that differ. */
  notices: string[];
  /** Where the list of hosts comes from; `disk` knows only the control planes of when one joined. */
  recordFrom: RecordSource;
  hosts: HostStatus[];
  etcd: EtcdStatus;
}

export const STATUS_API_VERSION = 'kubewright.dev/v1alpha1';

export type RecordSource = 'api' | 'etcd' | 'disk';

export interface HostStatus {
  name: string;
  role: NodeRole;
  target: string;
  address: string;
  /** False: nothing but this and `reason` is known of the host itself. */
  reachable: boolean;
  reason?: string;
  os?: string;
  kernel?: string;
  uptimeSeconds?: number;
  /** `v1.37.2` */
  kubelet?: string;
  containerd?: string;
  /** As the API server has it; absent where no API server answers. */
  node?: { ready: boolean; reason?: string; schedulable: boolean };
  components: ComponentStatus[];
  /** The addresses that the host has, where the recorded one is none of them. */
  otherAddresses?: string[];
  /** Files among the static pods' manifests that look like copies: the kubelet runs every file that is no dot-file. */
  strayManifests?: string[];
  certificates: CertificateStatus[];
  /** Steps that `apply` of what is recorded would change; absent where that was not asked for, or cannot be told. */
  drift?: number;
}

export interface ComponentStatus {
  /** A unit or a static pod. */
  name: string;
  well: boolean;
  reason?: string;
}

export interface CertificateStatus {
  /** Its file. */
  path: string;
  /** ISO 8601. */
  expires: string;
  /** Whole days until then; negative once it is over. */
  days: number;
}

export interface EtcdStatus {
  /** It is outside of the cluster: its members run on no host of the record. */
  external?: true;
  /** Of one outside, each as a control plane finds it. */
  endpoints?: EndpointHealth[];
  members: MemberHealth[];
  /** Its name. */
  leader?: string;
  /** Why there is no list of members. */
  reason?: string;
}

interface EndpointHealth {
  url: string;
  well: boolean;
  reason?: string;
}

export interface MemberHealth extends Member {
  well: boolean;
  reason?: string;
  /** Recorded host that it runs on; absent: nobody's. */
  host?: string;
  version?: string;
  sizeBytes?: number;
}
