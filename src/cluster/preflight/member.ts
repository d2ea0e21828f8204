import type { Facts, Host } from '../../host/port.ts';
import type { NodeSpec } from '../spec/types.ts';

/** A host as it is seen beside the others of its cluster. */
export interface Member {
  host: Pick<Host, 'inspect' | 'name' | 'tunnel'>;
  node: NodeSpec;
  facts: Facts;
  /** It is to come into the cluster; the others are there, and are asked what it needs of them. */
  fresh: boolean;
}
