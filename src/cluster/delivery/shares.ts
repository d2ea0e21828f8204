import { randomBytes } from 'node:crypto';
import { messageOf } from '../../base/errors.ts';
import type { Host, Operation } from '../../host/port.ts';
import type { ClusterPorts } from '../ports.ts';
import { endShares, SHARE_MINUTES } from './share.ts';
import { Spread } from './spread.ts';

/** What the hosts of one run give each other. */
export interface Shares {
  /** Who does not know it gets nothing: 128 random bits, made for this run. */
  token: string;
  spread: Spread;
  /** That the run is for. */
  hosts: number;
  /** Hosts that serve, with the address that the others reach them by. */
  serving: Map<string, { host: Host; address: string }>;
}

/**
 * Lets the hosts of a run serve each other, where there are several and the cluster has `artifacts.delivery` by `peer`,
 * or by `auto` and they are many. It ends with the run, on every host, however the run ends.
 */
export async function withShares<T>(
  ports: ClusterPorts,
  hosts: number,
  work: (ports: ClusterPorts) => Promise<T>,
): Promise<T> {
  if (ports.shares || hosts < 2) return work(ports);
  const token = randomBytes(16).toString('hex');
  const shares: Shares = { token, hosts, spread: new Spread(), serving: new Map() };
  try {
    return await work({ ...ports, shares });
  } finally {
    await Promise.all([...shares.serving.values()].map(({ host }) => end(ports, host, token)));
  }
}

async function end({ reporter }: ClusterPorts, host: Host, token: string): Promise<void> {
  try {
    await host.apply([{ ...endShares([token]), id: 'share/end/1' } as Operation]);
  } catch (error) {
    const why = messageOf(error);
    const text = `its share of artifacts could not be ended, and ends by itself within ${SHARE_MINUTES} minutes: ${why}`;
    reporter.emit({ type: 'message', level: 'warning', host: host.name, text });
  }
}
