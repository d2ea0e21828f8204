import type { ClusterSpec, ConfigOverrides, NodeSpec } from '../../spec/types.ts';
import { containerOf, type Pod } from '../pod-types.ts';
import { plainPod, wantedPod } from './build.ts';
import { flagName } from './mutators.ts';
import type { StaticPodName, StaticPodOptions } from './types.ts';

/**
 * What a component has beyond kubeadm's own, in the words of its ClusterConfiguration (extraArgs, extraEnvs,
 * extraVolumes), so that kubeadm keeps it when it writes the manifest anew.
 */
export function componentExtras(
  name: StaticPodName,
  spec: ClusterSpec,
  node: NodeSpec,
  { encryption }: Pick<StaticPodOptions, 'encryption'> = {},
): ConfigOverrides {
  const none = { caDirectories: [], ...(encryption === undefined ? {} : { encryption }) };
  // kubeadm takes the proxy from its own environment.
  const direct = { ...spec, proxy: { http: '', https: '', noProxy: [] } };
  const [plain, wanted] = [plainPod(name, spec, node, none), wantedPod(name, direct, node, none)];
  const lists = {
    extraArgs: extraArgs(plain, wanted),
    extraEnvs: containerOf(wanted.spec).env ?? [],
    // kubeadm's local etcd has no extraVolumes.
    extraVolumes: name === 'etcd' ? [] : extraVolumes(plain, wanted),
  };
  return Object.fromEntries(Object.entries(lists).filter(([, list]) => list.length > 0));
}

/** All of a name where any of it differs: kubeadm replaces by name. */
function extraArgs(plain: Pod, wanted: Pod): { name: string; value: string }[] {
  const [ours = [], all = []] = [plain, wanted].map((pod) => containerOf(pod.spec).command?.slice(1));
  const changed = new Set(all.filter((argument) => !ours.includes(argument)).map(flagName));
  return all
    .filter((argument) => changed.has(flagName(argument)))
    .map((argument) => ({ name: flagName(argument), value: argument.slice(argument.indexOf('=') + 1) }));
}

function extraVolumes(plain: Pod, wanted: Pod): ConfigOverrides[] {
  const before = new Set(plain.spec.volumes.map((volume) => JSON.stringify(volume)));
  return wanted.spec.volumes
    .filter((volume) => !before.has(JSON.stringify(volume)))
    .map(({ name, hostPath }) => {
      const { path, type } = hostPath as { path: string; type: string };
      const mount = containerOf(wanted.spec).volumeMounts?.find((found) => found.name === name);
      return {
        name,
        hostPath: path,
        mountPath: mount?.mountPath,
        ...(mount?.readOnly ? { readOnly: true } : {}),
        ...(type ? { pathType: type } : {}),
      };
    });
}
