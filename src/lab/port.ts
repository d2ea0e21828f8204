/** What `kubewright init cp1` needs to know of a lab host: how to reach it, and what the lab asks for. */
export interface LabHost {
  name: string;
  lab: string;
  address: string;
  port: number;
  user: string;
  identityFile: string;
  knownHostsFile: string;
  defaults: LabDefaults;
}

/** Settings that hold for the hosts of one lab, written by `lab up` from what it found on this machine. */
export interface LabDefaults {
  /** Preflight findings by name that are known and accepted here: CgroupV1, Mem … */
  ignorePreflightErrors: string[];
  /** Merged into every KubeletConfiguration: failCgroupV1, cgroupDriver, image collection thresholds … */
  kubelet: Record<string, unknown>;
  /** Merged into the KubeProxyConfiguration: conntrack limits that a network namespace refuses. */
  kubeProxy: Record<string, unknown>;
  /** containerd may not lower oom_score_adj here (no CAP_SYS_RESOURCE). */
  restrictOomScoreAdj: boolean;
  /** Catalog names of images that the lab's hosts get besides the cluster's own, so that examples run offline. */
  extraImages: string[];
}
