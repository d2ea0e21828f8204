import { isGone } from '../run-identity.ts';
import type { EtcdClient } from './client.ts';

/** Heard nothing of a run for as long, its hold is over; it is renewed three times as often. */
const SECONDS = 60;

/** Beside the API server's own keys, which are all below /registry. */
const PREFIX = '/kubewright.dev/joining/';

/**
 * A run's hold on a member that it brings into etcd, under a lease in etcd itself: it ends with the run, by etcd's own
 * clock, whoever can reach what. So a learner that some run works on is told apart from one that nobody will ever start.
 */
export class Seat {
  /** A run's identity. */
  readonly owner: string;
  #held: { peerUrl: string; end: () => Promise<void> } | undefined;

  constructor(owner: string) {
    this.owner = owner;
  }

  /** Undefined where it is ours now, and stays so until `release`; otherwise who holds it. */
  async take(etcd: EtcdClient, peerUrl: string): Promise<string | undefined> {
    if (this.#held?.peerUrl === peerUrl) return undefined;
    await this.release();
    const lease = await etcd.grantLease(SECONDS);
    const heartbeat = setInterval(
      () => void etcd.renewLease(lease).catch(() => undefined),
      (SECONDS * 1000) / 3,
    );
    heartbeat.unref();
    const end = async () => {
      clearInterval(heartbeat);
      await etcd.revokeLease(lease).catch(() => undefined);
    };
    try {
      const holder = await this.#claim(etcd, `${PREFIX}${peerUrl}`, lease);
      if (holder === undefined) this.#held = { peerUrl, end };
      else await end();
      return holder;
    } catch (error) {
      await end();
      throw error;
    }
  }

  /** What a run of this machine holds that was killed is taken over at once. */
  async #claim(etcd: EtcdClient, key: string, lease: string): Promise<string | undefined> {
    const holder = await etcd.claim(key, this.owner, lease);
    if (holder === undefined || !isGone(holder)) return holder;
    return etcd.claim(key, this.owner, lease, holder);
  }

  /** However it ended; without effect where nothing is held. Never throws: the lease ends by itself. */
  async release(): Promise<void> {
    const held = this.#held;
    this.#held = undefined;
    await held?.end();
  }
}
