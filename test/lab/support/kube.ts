import { expect } from 'vitest';
import { poll } from '../../../src/base/wait.ts';
import type { Cli } from './cli.ts';

export interface Condition {
  type: string;
  status: string;
}

export interface Pod {
  metadata: { name: string; namespace: string; labels?: Record<string, string> };
  spec: { nodeName?: string };
  status: { phase?: string; podIP?: string; conditions?: Condition[] };
}

export interface Node {
  metadata: { name: string; labels: Record<string, string> };
  spec: { taints?: { key: string; effect: string }[] };
  status: { conditions?: Condition[] };
}

export function isTrue(object: { status: { conditions?: Condition[] } }, type: string): boolean {
  return object.status.conditions?.some((found) => found.type === type && found.status === 'True') ?? false;
}

export async function list<T>(cli: Cli, ...args: string[]): Promise<T[]> {
  return (await cli.json<{ items: T[] }>(['get', ...args])).items;
}

/** Asks again until `probe` gives something; what it threw last is the failure. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
  seconds = 180,
): Promise<T> {
  let last: unknown;
  const found = await poll({ intervalMs: 500, timeoutMs: seconds * 1000 }, async () => {
    try {
      last = undefined;
      return (await probe()) || undefined;
    } catch (error) {
      last = error;
      return undefined;
    }
  });
  if (found === undefined) expect.fail(`${what}: not within ${seconds} s${last ? `; last: ${last}` : ''}`);
  return found;
}

/** Every pod that these arguments list, when all of them are Ready. */
export function readyPods(cli: Cli, least: number, ...args: string[]): Promise<Pod[]> {
  let seen = '';
  return eventually(`${least} ready pods (${args.join(' ')})`, async () => {
    const pods = await list<Pod>(cli, 'pods', ...args);
    seen = pods.map(({ metadata, status }) => `${metadata.name} ${status.phase}`).join(', ');
    if (pods.length < least || !pods.every((pod) => isTrue(pod, 'Ready'))) throw new Error(seen);
    return pods;
  });
}
