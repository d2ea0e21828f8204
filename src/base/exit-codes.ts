/**
 * Every exit code of the command line; docs/reference/exit-codes.md is generated from this table.
 * 1 and 2 keep the meanings they have in kubectl and oclif. Codes are part of the contract: never renumber.
 */
export const EXIT = {
  ok: 0,
  /** kubectl's: a difference was found, or the API server refused or lacks the object asked for. */
  failure: 1,
  /** oclif's: the command line itself is wrong. */
  usage: 2,
  /** A defect of kubewright. */
  bug: 10,
  /** Preflight found something that has to be mended first. */
  preflight: 11,
  hostUnreachable: 12,
  /** The host key is unknown and nobody can be asked, or it changed. */
  hostKey: 13,
  /** The host refused our keys or the user name. */
  authentication: 14,
  /** sudo refused, or wants a password that we do not have. */
  sudo: 15,
  /** Not Linux, or an architecture without artifacts. */
  unsupportedHost: 16,
  /** A step failed on a host. */
  step: 17,
  /** An artifact is missing, truncated, tampered with or cannot be built. */
  artifact: 18,
  /** Another run holds the lock. */
  locked: 19,
  /** The host belongs to another cluster. */
  foreignCluster: 20,
  /** The connection was lost and could not be made again. */
  connectionLost: 21,
  /** Something that was waited for did not come. */
  timeout: 22,
  /** A manifest, option or file that cannot be read as what it should be. */
  invalidInput: 23,
  /** The API server could not be reached, or its certificate does not fit. */
  apiUnreachable: 24,
  /** The kubeconfig cannot be used. */
  kubeconfig: 25,
  /** Some hosts are done, others failed: the same command again takes up the rest. */
  partial: 26,
  /** The world moved between plan and apply. */
  planMoved: 27,
  /** Something that this machine needs is not there (Go, a package, a newer Node). */
  prerequisite: 28,
  /** No space left on a host. */
  diskFull: 29,
  /** The lab could not be made or healed. */
  lab: 30,
  /** The cluster was looked at, and something of it is not well. */
  unhealthy: 31,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

export type ExitName = keyof typeof EXIT;
