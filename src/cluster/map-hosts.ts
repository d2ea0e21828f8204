import { mapLimit } from '../base/concurrency.ts';

/** Hosts that are worked on at once; each is one connection. */
const WIDTH = 30;

/** Hosts side by side, in the way of `mapLimit`. */
export function mapHosts<T, R>(hosts: readonly T[], work: (host: T) => Promise<R>): Promise<R[]> {
  return mapLimit(hosts, WIDTH, work);
}
