import type { Step } from './step.ts';

/** A named part of a workflow: plain data. `C` is the context that the workflow gives to all its phases. */
export interface Phase<C> {
  /** As in kubeadm where it has the same phase: `certs`, `kubelet-start`. */
  name: string;
  title: string;
  /** Phases that have to be finished before; those without a path between them run side by side. */
  after: readonly string[];
  /** Built once, before anything is changed; what depends on earlier phases is read inside `check`. */
  steps(context: C): Step[];
  /** What it sets running that no journal can know; reset takes it away. */
  residue?: Residue;
}

export interface Residue {
  /** Files and folders that daemons wrote. */
  paths?: string[];
  /** Network links by name. */
  links?: string[];
  /** Bridges whose ports go. */
  bridges?: string[];
  /** Names of CNI networks, for what the plugins noted of them. */
  cniNetworks?: string[];
  /** What containerd has in these of its namespaces; all that it has where no other has containers. */
  containerdNamespaces?: string[];
  /** nftables tables, `ip kube-proxy`. */
  nftTables?: string[];
  /** Prefixes of chains in the tables of iptables-nft, which others use too; an emptied table goes with them. */
  iptablesChains?: string[];
  /** Mount points below these folders. */
  mounts?: string[];
  /** Folders below each cgroup hierarchy's root. */
  cgroups?: string[];
  /** Network namespaces by prefix of their name. */
  namespaces?: string[];
}
