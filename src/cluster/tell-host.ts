import { messageOf } from '../base/errors.ts';
import type { ClusterPorts } from './ports.ts';

/**
 * Says how a host as a whole fares while `work` is done on it. `then`: how it stands afterwards; a host that is only
 * prepared waits for the rest.
 */
export async function tellHost<T>(
  { reporter }: Pick<ClusterPorts, 'reporter'>,
  host: string,
  work: () => Promise<T>,
  then: 'done' | 'waiting' = 'done',
): Promise<T> {
  reporter.emit({ type: 'host', state: 'working', host });
  try {
    const result = await work();
    reporter.emit({ type: 'host', state: then, host });
    return result;
  } catch (error) {
    const [reason] = messageOf(error).split('\n');
    reporter.emit({ type: 'host', state: 'failed', host, ...(reason ? { reason } : {}) });
    throw error;
  }
}
