import { KubewrightError } from '../../base/errors.ts';
import { sleep } from '../../base/wait.ts';
import type { ApplyOptions, Host, Operation } from '../../host/port.ts';
import type { ApiClient } from '../../kube/port.ts';
import type { ClusterPorts } from '../ports.ts';
import { isGone, runIdentity } from '../run-identity.ts';
import { stopwatch } from './clock.ts';
import { LockedError, leasePassed } from './errors.ts';
import { fencedApi } from './fenced-api.ts';
import { GuardedHost } from './guarded-host.ts';
import { Lease } from './lease.ts';

/** A control plane whose lock is a part of the cluster's. */
export interface LockNode {
  name: string;
  open(): Promise<Host>;
}

/** While nothing is heard of a run its locks hold this long, in the host's uptime. */
const LEASE_SECONDS = 120;
/** How long control planes are waited for that do not answer, once most of them have. */
const GRACE_MS = 5000;
const RETRY_MS = 1000;

/** All that one run holds. Everything that it changes, on hosts and in API servers, goes by this. */
export class RunLock {
  readonly signal: AbortSignal;
  readonly #ports: ClusterPorts;
  readonly #owner: string;
  readonly #seconds: number;
  readonly #clock = stopwatch();
  readonly #lost = new AbortController();
  readonly #leases = new Map<Host, Promise<Lease>>();
  readonly #guards = new Map<Host, GuardedHost>();
  /** The cluster's lock: of these control planes most have to be held. */
  readonly #fence = new Map<string, Lease>();

  constructor(ports: ClusterPorts, command: string) {
    this.#ports = ports;
    this.#owner = runIdentity(command);
    this.#seconds = ports.lock?.leaseSeconds ?? LEASE_SECONDS;
    this.signal = AbortSignal.any([ports.signal, this.#lost.signal]);
  }

  get holdsCluster(): boolean {
    return this.#fence.size > 0;
  }

  guard(host: Host): Host {
    const known = this.#guards.get(host) ?? new GuardedHost(host, this);
    this.#guards.set(host, known);
    return known;
  }

  fence(api: ApiClient): ApiClient {
    return fencedApi(api, () => this.#confirmCluster());
  }

  /** Throws HostLocked where another run has it. */
  async hold(host: Host): Promise<void> {
    await this.#lease(host instanceof GuardedHost ? host.inner : host);
  }

  /** Gives it back, and everything that this tool keeps on the host goes with it. */
  async forget(host: Host): Promise<void> {
    await this.#release(host instanceof GuardedHost ? host.inner : host, { forget: true });
  }

  /**
   * Takes the cluster's lock: that of each of its control planes that answers, in the order of their names, so that of
   * two runs at least one gets all. Throws ClusterLocked; with `waitSeconds` after that time.
   */
  async cluster(nodes: readonly LockNode[]): Promise<void> {
    const wanted = nodes.filter(({ name }) => !this.#fence.has(name)).toSorted(byName);
    const opened = await openMost(wanted, this.signal);
    const end = this.#clock() + (this.#ports.lock?.waitSeconds ?? 0);
    for (let waited = false; ; waited = true) {
      const locked = await this.#takeAll(opened);
      if (!locked) break;
      if (this.#clock() >= end) throw locked;
      if (!waited) this.#tell('info', locked.host!, `waiting: ${locked.message}`);
      await sleep(RETRY_MS, this.signal);
    }
    this.#tellMissing(wanted, opened);
  }

  async apply(host: Host, batch: readonly Operation[], options: ApplyOptions) {
    const lease = await this.#lease(host);
    const asked = this.#clock();
    try {
      const results = await host.apply(batch, { ...options, epoch: lease.epoch });
      lease.heard(asked);
      return results;
    } catch (error) {
      this.#heard(lease, error);
      throw error;
    }
  }

  async confirm(host: Host): Promise<void> {
    const lease = await this.#lease(host);
    if (!lease.sure) await this.#renew(lease);
    await this.#confirmCluster();
  }

  async release(): Promise<void> {
    await Promise.all([...this.#leases.keys()].map((host) => this.#release(host)));
  }

  /** Renews what may have run out, and throws where others may have taken most of it. */
  async #confirmCluster(): Promise<void> {
    this.#lost.signal.throwIfAborted();
    const all = [...this.#fence.values()];
    const unsure = all.filter(({ sure }) => !sure);
    await Promise.all(unsure.map((lease) => this.#renew(lease).catch(() => undefined)));
    this.#lost.signal.throwIfAborted();
    if (all.length > 0 && all.filter(({ sure }) => sure).length * 2 <= all.length) throw leasePassed(true);
  }

  async #renew(lease: Lease): Promise<void> {
    try {
      await lease.renew();
    } catch (error) {
      this.#heard(lease, error);
      throw error;
    }
  }

  /** Without the cluster's lock the whole run ends; without one host's lock that host's part of it. */
  #heard(lease: Lease, error: unknown): void {
    if (this.#lost.signal.aborted || ![...this.#fence.values()].includes(lease)) return;
    const all = [...this.#fence.values()];
    if (error instanceof KubewrightError && error.code === 'LockLost') this.#lost.abort(error);
    else if (all.filter(({ passed }) => passed).length * 2 >= all.length) this.#lost.abort(leasePassed(true));
  }

  #lease(host: Host): Promise<Lease> {
    const known = this.#leases.get(host);
    if (known) return known;
    const taken = this.#take(host);
    this.#leases.set(host, taken);
    taken.catch(() => this.#leases.delete(host));
    return taken;
  }

  async #take(host: Host): Promise<Lease> {
    this.#lost.signal.throwIfAborted();
    const [owner, seconds] = [this.#owner, this.#seconds];
    let asked = this.#clock();
    let answer = await host.lock({ owner, seconds });
    if ('heldBy' in answer && answer.heldBy !== owner && isGone(answer.heldBy)) {
      // A run of this machine that was killed cannot come back.
      this.#tell('warning', host.name, `took over the lock of ${answer.heldBy}: that run is gone`);
      await host.unlock(answer.held);
      asked = this.#clock();
      answer = await host.lock({ owner, seconds });
    }
    if ('heldBy' in answer && answer.heldBy !== owner) throw new LockedError(host.name, answer, false);
    // The same machine by another name: this very run has it.
    const epoch = 'heldBy' in answer ? answer.held : answer.epoch;
    if ('broken' in answer && answer.broken) {
      const why = answer.broken.why === 'reboot' ? 'the host was rebooted since' : 'its lease had run out';
      this.#tell('warning', host.name, `broke the lock of ${answer.broken.owner}: ${why}`);
    }
    const lease = new Lease(host, { epoch, owner, seconds }, this.#clock, asked);
    lease.keep((error) => this.#heard(lease, error));
    return lease;
  }

  /** All of them, or none and who has one. */
  async #takeAll(opened: readonly { name: string; host: Host }[]): Promise<LockedError | undefined> {
    const taken: Host[] = [];
    for (const { name, host } of opened) {
      const held = this.#leases.has(host);
      try {
        this.#fence.set(name, await this.#lease(host));
        if (!held) taken.push(host);
      } catch (error) {
        if (!(error instanceof LockedError)) throw error;
        for (const other of taken) await this.#release(other);
        return error.ofCluster();
      }
    }
    return undefined;
  }

  async #release(host: Host, options: { forget?: boolean } = {}): Promise<void> {
    const lease = await this.#leases.get(host)?.catch(() => undefined);
    this.#leases.delete(host);
    for (const [name, held] of this.#fence) if (held === lease) this.#fence.delete(name);
    await lease?.release(options);
  }

  #tellMissing(wanted: readonly LockNode[], opened: readonly { name: string }[]): void {
    if (opened.length * 2 > wanted.length || wanted.length === 0) return;
    const missing = wanted.filter(({ name }) => !opened.some((each) => each.name === name));
    const names = missing.map(({ name }) => name).join(', ');
    const text = `the cluster is locked on ${opened.length} of its ${wanted.length} control planes (not: ${names}): a run that works through the others is not kept out`;
    this.#ports.reporter.emit({ type: 'message', level: 'warning', text });
  }

  #tell(level: 'info' | 'warning', host: string, text: string): void {
    this.#ports.reporter.emit({ type: 'message', level, host, text });
  }
}

function byName(a: LockNode, b: LockNode): number {
  return a.name < b.name ? -1 : 1;
}

/** Those that answer; what is slower than most is waited for a little only: two majorities always meet. */
async function openMost(
  nodes: readonly LockNode[],
  signal: AbortSignal,
): Promise<{ name: string; host: Host }[]> {
  const found = new Map<string, Host>();
  const late = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const all = nodes.map(async ({ name, open }) => {
    try {
      const host = await open();
      found.set(name, host instanceof GuardedHost ? host.inner : host);
    } catch (error) {
      if (!(error instanceof KubewrightError)) throw error;
    }
    if (found.size * 2 > nodes.length) timer ??= setTimeout(late.resolve, GRACE_MS);
  });
  await Promise.race([Promise.all(all), late.promise]);
  clearTimeout(timer);
  signal.throwIfAborted();
  return nodes.flatMap(({ name }) => {
    const host = found.get(name);
    return host ? [{ name, host }] : [];
  });
}
