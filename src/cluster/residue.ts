import type { Phase, Residue } from '../engine/phase.ts';
import type { OperationDraft } from '../engine/step.ts';
import { ROUTE_PROTOCOL } from './manifests/routes.ts';
import { textTemplate } from './manifests/template.ts';

/** Everything that these phases set running and no journal knows, taken away in one command on the host. */
export function sweepOperations(phases: readonly Pick<Phase<never>, 'residue'>[]): OperationDraft[] {
  const all = phases.flatMap(({ residue }) => residue ?? []);
  const argv = [
    ...pairs(all, 'mounts', 'mounts'),
    ...pairs(all, 'bridges', 'ports'),
    ...pairs(all, 'namespaces', 'namespace'),
    ...pairs(all, 'links', 'link'),
    ...pairs(all, 'containerdNamespaces', 'containerd'),
    ...pairs(all, 'nftTables', 'table'),
    ...pairs(all, 'iptablesChains', 'iptables'),
    'routes',
    String(ROUTE_PROTOCOL),
    ...pairs(all, 'cgroups', 'cgroup'),
    ...pairs(all, 'paths', 'path'),
    // After the paths: a folder that is empty by then goes as well.
    ...pairs(all, 'cniNetworks', 'cni'),
  ];
  return [
    {
      kind: 'run',
      argv: ['sh', '-c', textTemplate('reset/sweep.sh'), 'sweep.sh', ...argv],
      timeoutSeconds: 120,
    },
  ];
}

/** Whether the sweep takes this path away, or the folder that it is in. */
export function isSwept(phases: readonly Pick<Phase<never>, 'residue'>[], path: string): boolean {
  const swept = phases.flatMap(({ residue }) => residue?.paths ?? []);
  return swept.some((one) => path === one || path.startsWith(`${one.replace(/\/\*$/, '')}/`));
}

export function stopPodsOperations(): OperationDraft[] {
  return [
    {
      kind: 'run',
      argv: ['sh', '-c', textTemplate('reset/stop-pods.sh'), 'stop-pods.sh'],
      timeoutSeconds: 60,
    },
  ];
}

/** `table` takes two words, family and name, which stand as one in the declaration. */
function pairs(all: readonly Residue[], field: keyof Residue, word: string): string[] {
  const values = new Set(all.flatMap((residue) => residue[field] ?? []));
  return [...values].flatMap((value) => [word, ...(field === 'nftTables' ? value.split(' ') : [value])]);
}
