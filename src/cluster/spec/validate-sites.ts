import { parseAddress } from './cidr.ts';
import type { Finding } from './findings.ts';
import type { RegistrySpec } from './sections.ts';
import type { ClusterSpec, ClusterSpecInput } from './types.ts';

type Spec = ClusterSpec | ClusterSpecInput;

/** Fields of sites that have to fit together: of registries, volumes, addresses, the folder of etcd. */
export function siteFindings(spec: Spec): Finding[] {
  return [
    ...(spec.registries ?? []).flatMap(registryFindings),
    ...(['apiServer', 'controllerManager', 'scheduler', 'etcd'] as const).flatMap((name) =>
      volumeFindings(name, spec[name]?.volumes ?? []),
    ),
    ...(spec.hosts ?? []).flatMap((host, index) => familyFindings(host.nodeAddress, index)),
    ...folderFindings(spec.etcd?.dataDir),
  ];
}

function registryFindings(
  given: Partial<RegistrySpec>,
  index: number,
  all: Partial<RegistrySpec>[],
): Finding[] {
  const { host, credentials } = given;
  const path = ['registries', index];
  const first = all.findIndex((other) => other.host === host);
  const twice = host !== undefined && first < index;
  const whose = credentials && host === '_default';
  return [
    ...(twice ? [{ path: [...path, 'host'], message: `"${host}" has an entry already` }] : []),
    ...(whose
      ? [
          {
            path: [...path, 'credentials'],
            message: 'cannot be of "_default", which is no registry; give the mirror an entry of its own',
          },
        ]
      : []),
  ];
}

function volumeFindings(section: string, volumes: readonly { name?: string | undefined }[]): Finding[] {
  const names = volumes.map(({ name }) => name);
  return names.flatMap((name, index) =>
    name !== undefined && names.indexOf(name) < index
      ? [{ path: [section, 'volumes', index, 'name'], message: `"${name}" is given to two volumes` }]
      : [],
  );
}

function familyFindings(text: string | undefined, index: number): Finding[] {
  const [first, second] = text?.split(',').map((address) => parseAddress(address)?.family) ?? [];
  if (first === undefined || second === undefined || first !== second) return [];
  return [{ path: ['hosts', index, 'nodeAddress'], message: 'must be one address, or one of each family' }];
}

/** What else lies there would be locked away with mode 0700. */
const SHARED =
  /^\/(bin|boot|dev|etc|home|lib|lib64|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var)?$|^\/(usr|dev|proc|sys)\/|^\/(var\/(lib|log|run|tmp)|etc\/[^/]+)$/;

function folderFindings(dataDir: string | undefined): Finding[] {
  if (dataDir === undefined || !SHARED.test(dataDir)) return [];
  return [
    {
      path: ['etcd', 'dataDir'],
      message: `${dataDir} is not etcd's alone; name a folder of its own such as /data/etcd`,
    },
  ];
}
