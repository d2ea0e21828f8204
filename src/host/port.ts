import type { Duplex, Readable } from 'node:stream';

/**
 * A machine to be provisioned, reached over SSH or being this one. Three verbs: look, change, reach through.
 * Everything runs as root there (sudo where the login is another user).
 */
export interface Host {
  /** What the user called it; used in every message. */
  readonly name: string;
  /** The address that the connection goes to, without port: an IP address where one is known. */
  readonly address: string;
  /** Answers in the order of the queries, in one round trip. Changes nothing. */
  inspect<const Q extends readonly Query[]>(queries: Q): Promise<Answers<Q>>;
  /**
   * Carries out the operations in order, in one exchange, and stops at the first that fails (`OperationFailed`).
   * Every operation is journalled on the host before and after, so that reset can take it back.
   * Batches of different lanes run side by side; a lane is one root shell and works in order.
   */
  apply(batch: readonly Operation[], options?: ApplyOptions): Promise<OperationResult[]>;
  /**
   * One run at a time: takes the host's lock, breaks a stale one (another boot, or past its time) and says so, or
   * says who holds it. With an `epoch`: renews that one, or throws `LockLost`. Every batch with an epoch renews it too.
   */
  lock(request: LockRequest): Promise<LockAnswer>;
  /** Gives the lock back; without effect when another run has it by now. `forget`: journal and kept copies go too. */
  unlock(epoch: number, options?: { forget?: boolean }): Promise<void>;
  /** Of a host whose lock this run holds: throws `LockLost` unless it is sure of it. Before what is changed elsewhere. */
  confirm?(): Promise<void>;
  /** A byte stream to a TCP address as the host sees it. */
  tunnel(host: string, port: number): Promise<Duplex>;
  /** Round trips so far: channel opens plus request-and-answer waits. */
  readonly roundTrips: number;
  close(): Promise<void>;
}

export type Query =
  /** `ip addr`, kernel, memory …: one record, see Facts. */
  | { kind: 'facts' }
  /** One path. `content`: its bytes too (at most 1 MiB), `hash`: its sha256. Symbolic links are not followed. */
  | { kind: 'file'; path: string; content?: boolean; hash?: boolean }
  | { kind: 'unit'; name: string }
  /** Names in a folder, sorted; empty where there is none. */
  | { kind: 'list'; path: string }
  /** A command that only reads. At most 1 MiB of output is kept; ends after `timeoutSeconds` (default 20). */
  | { kind: 'run'; argv: readonly string[]; timeoutSeconds?: number }
  /** What this tool did here so far, from /var/lib/kubewright/journal. */
  | { kind: 'journal' };

export type Answer = Facts | FileState | UnitState | string[] | RunResult | JournalEntry[];

type AnswerOf<Q> = Q extends { kind: 'facts' }
  ? Facts
  : Q extends { kind: 'file' }
    ? FileState
    : Q extends { kind: 'unit' }
      ? UnitState
      : Q extends { kind: 'list' }
        ? string[]
        : Q extends { kind: 'run' }
          ? RunResult
          : Q extends { kind: 'journal' }
            ? JournalEntry[]
            : never;
export type Answers<Q extends readonly Query[]> = { [I in keyof Q]: AnswerOf<Q[I]> };

export interface FileState {
  type: 'absent' | 'file' | 'directory' | 'link' | 'other';
  /** Permission bits, 0o644; 0 when absent. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** Lower-case hex; only with `hash` or `content`, only for files. */
  sha256?: string;
  content?: Buffer;
  /** Where a link points. */
  target?: string;
}

export interface UnitState {
  /** systemd's words: active, inactive, failed, activating …; `unknown` where there is no such unit. */
  active: string;
  /** enabled, disabled, static, masked …; empty where there is no such unit. */
  enabled: string;
}

export interface RunResult {
  exit: number;
  stdout: string;
  stderr: string;
}

export interface Facts {
  hostname: string;
  /** `uname -m` in Go's words: amd64, arm64; otherwise as the kernel says it. */
  arch: string;
  kernel: { name: string; release: string };
  os: { id: string; versionId: string; prettyName: string };
  cpus: number;
  memoryBytes: number;
  swaps: string[];
  cgroupVersion: 1 | 2;
  init: string;
  uid: number;
  machineId: string;
  bootId: string;
  uptimeSeconds: number;
  /** The host's clock when it answered, milliseconds since 1970, and ours at half of the round trip. */
  clock: { host: number; here: number };
  /** Global addresses with their interface, as in `ip -o addr`; no loopback, no link-local. */
  addresses: { interface: string; address: string; prefix: number }[];
  /** Source address and interface of the default route. */
  defaultRoute?: { interface: string; gateway?: string; source?: string };
  /** Of both families. */
  routes: string[];
  links: { name: string; mtu: number }[];
  /** Name servers of /etc/resolv.conf, and those that systemd-resolved asks, where that runs. */
  resolvers: { file: string[]; resolved: string[] };
  /** Variables of proxies (`https_proxy`, `NO_PROXY` …) that systemd gives to services, and /etc/environment to logins. */
  proxies: { services: Record<string, string>; logins: Record<string, string> };
  /** That keep packets from the host, as far as it can be seen: ufw, firewalld, `nftables (inet filter input)`. */
  firewalls: string[];
  /** Listening TCP sockets with the process that holds them, where it can be seen. */
  listeners: { address: string; port: number; pid?: number; process?: string }[];
  disks: {
    path: string;
    availableBytes: number;
    totalBytes: number;
    availableInodes: number;
    totalInodes: number;
  }[];
  /** Effects rather than modules: bridgeNetfilter, overlay, nftables, vxlan, ipForward, capSysResource, systemdResolved … */
  features: Record<string, boolean>;
  commands: Record<string, boolean>;
}

/** Checked by the host immediately before the change; `PlanMoved` when it does not hold. */
export type Expectation = 'absent' | { sha256: string } | 'any';

interface Common {
  /** `phase/step/n`: stable across runs, unique in a run; the kill points and the journal name it. */
  id: string;
  /** How long the host may take for this one; default 60, for images 300. */
  timeoutSeconds?: number;
}

/**
 * `keep`: a folder where the artifact is to lie too, named by its sha256, for other hosts. `kept` on stdout says that it
 * does; that it could not be kept fails nothing.
 */
export type Operation = Common &
  /** temporary file in the same folder, sha256, chmod, fsync, rename, fsync of the folder. Parents are made (0755). */
  (
    | {
        kind: 'write';
        path: string;
        content: string | Buffer;
        mode: number;
        expect?: Expectation;
        /** Never in logs, never in evidence. */
        secret?: boolean;
      }
    /** The same for what does not belong in memory. Verified against sha256 before the rename. */
    | { kind: 'upload'; path: string; mode: number; artifact: Blob; expect?: Expectation; keep?: string }
    /** The same, fetched by the host itself with curl or wget. */
    | {
        kind: 'fetch';
        path: string;
        mode: number;
        from: Remote;
        sha256: string;
        size: number;
        expect?: Expectation;
        keep?: string;
      }
    /** An OCI archive into containerd's k8s.io namespace, verified before import; sent, or fetched by the host itself. */
    | { kind: 'image'; reference: string; artifact: Blob; from?: Remote; keep?: string }
    | { kind: 'mkdir'; path: string; mode: number }
    | { kind: 'remove'; path: string; recursive?: boolean; expect?: Expectation }
    /** Written to /proc/sys at once; what it was is journalled. */
    | { kind: 'sysctl'; key: string; value: string }
    | { kind: 'unit'; name: string; action: UnitAction }
    /** Any other command. `undo` is journalled: what reset runs to take it back. */
    | {
        kind: 'run';
        argv: readonly string[];
        stdin?: string | Buffer;
        env?: Record<string, string>;
        /** What messages call it instead of its words. */
        label?: string;
        undo?: readonly string[];
        /** Exit codes that are fine; default [0]. */
        accept?: number[];
        secret?: boolean;
      }
  );

/** `enable` also starts (enable --now); `disable` also stops. `reload` is systemctl daemon-reload (name ignored). */
export type UnitAction = 'enable' | 'restart' | 'start' | 'stop' | 'disable' | 'reload';

/** What a host fetches. */
export interface Remote {
  /** https, or http where a mirror is named so. */
  url: string;
  /** Of what is there: verified before anything is taken out of it. */
  sha256: string;
  /** Path inside of a .tar.gz; absent: what is there is the file. */
  member?: string;
  /** Of the program that fetches: proxies, SSL_CERT_FILE … */
  env: Record<string, string>;
  /** Another host of the cluster has it: given up soon, because there are other ways. */
  near?: true;
}

/** Bytes with a known length and digest, opened when they are needed. */
export interface Blob {
  sha256: string;
  size: number;
  open(): Readable;
}

export interface OperationResult {
  id: string;
  /** What a `run` printed, bounded; `kept` where an artifact was; otherwise empty. */
  stdout: string;
  stderr: string;
  exit: number;
  seconds: number;
}

export interface ApplyOptions {
  /** Default `main`. `bulk` for large artifacts, so that small changes do not wait behind them. */
  lane?: 'main' | 'bulk';
  /** Bytes of large artifacts as they leave. */
  onProgress?: (sent: number, total: number) => void;
  /** Called as each operation is acknowledged. */
  onDone?: (result: OperationResult) => void;
  signal?: AbortSignal;
  /** The epoch of the lock that this run holds; the host refuses operations of an older one (`LockLost`). */
  epoch?: number;
}

export interface LockRequest {
  /** Who asks, for people: user, machine and command. */
  owner: string;
  /** How long it holds without a sign of life, in the host's own uptime; default 300. */
  seconds?: number;
  /** Renews this one rather than taking it anew. */
  epoch?: number;
}

export type LockAnswer =
  | { epoch: number; broken?: { owner: string; why: 'reboot' | 'expired' } }
  /** `held`: the epoch of who has it, `forSeconds` already. */
  | { heldBy: string; expiresInSeconds: number; held: number; forSeconds: number };

/** One line of the journal: what was begun, what it was before, whether it was finished. */
export interface JournalEntry {
  id: string;
  kind: Operation['kind'];
  /** Path, unit, sysctl key, image reference or the command's first word. */
  target: string;
  /** `absent`, or how to put it back: the path of the kept copy, the former value, the former unit state. */
  before: string;
  done: boolean;
  undo?: string[];
}
