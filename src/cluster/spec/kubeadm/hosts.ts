import { valueAt } from '../findings.ts';
import { type Conversion, placed, type Source } from './conversion.ts';
import type { ReadFolder } from './patches.ts';
import { convertInit, convertJoin } from './runs.ts';

export interface HostOptions {
  /** The host that the InitConfiguration, or a JoinConfiguration alone, is for. */
  nodeName?: string | undefined;
  /** For kubeadm's folder of patches. */
  readFolder?: ReadFolder | undefined;
}

/**
 * The hosts that the file is about: the one of `kubeadm init`, and the one of `kubeadm join`. Returns the index of one
 * that the file does not name; it has a name that stands for it.
 */
export function convertHosts(
  conversion: Conversion,
  { init, join }: { init?: Source | undefined; join?: Source | undefined },
  { nodeName, readFolder }: HostOptions,
): number | undefined {
  const sources = [init, join].filter((source) => source !== undefined);
  if (init) convertInit(conversion, init, { index: 0, readFolder });
  if (join) convertJoin(conversion, join, { index: sources.length - 1, readFolder });
  let unnamed: number | undefined;
  for (const [index, source] of sources.entries()) {
    const path = ['hosts', index, 'name'];
    const from = ['nodeRegistration'];
    if (index === 0 && nodeName !== undefined) conversion.set(path, nodeName, source, [...from, 'name']);
    if (valueAt(conversion.input, path) !== undefined) continue;
    if (unnamed !== undefined) conversion.findings.push(placed(source, [...from, 'name'], 'is missing'));
    unnamed ??= index;
    conversion.set(path, `unnamed-${index}`, source, from);
  }
  return unnamed;
}
