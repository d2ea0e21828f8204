import type { Manifest } from '../yaml.ts';

/**
 * The order of an apply. 0: what other objects need to exist at all. 1: what admission looks up when others are
 * made (a Pod is refused without its ServiceAccount or PriorityClass, a binding without its Role). 2: the rest.
 * 3: what stands in the way of every later write when its own backend, part of 2, is not up yet.
 */
const WAVES: Record<string, number> = {
  Namespace: 0,
  CustomResourceDefinition: 0,
  ServiceAccount: 1,
  PriorityClass: 1,
  RuntimeClass: 1,
  StorageClass: 1,
  IngressClass: 1,
  ResourceQuota: 1,
  LimitRange: 1,
  Secret: 1,
  ConfigMap: 1,
  Role: 1,
  ClusterRole: 1,
  MutatingWebhookConfiguration: 3,
  ValidatingWebhookConfiguration: 3,
  MutatingAdmissionPolicyBinding: 3,
  ValidatingAdmissionPolicyBinding: 3,
  APIService: 3,
};

/** Groups of the built-in kinds above; another group's `Role` is a custom resource. */
const BUILT_IN =
  /^(v1|(apiextensions|scheduling|node|storage|networking|rbac\.authorization|admissionregistration|apiregistration)\.k8s\.io\/)/;

export function wavesOf(manifests: readonly Manifest[]): Manifest[][] {
  const waves: Manifest[][] = [[], [], [], []];
  for (const manifest of manifests) waves[waveOf(manifest)]!.push(manifest);
  return waves.filter((wave) => wave.length > 0);
}

function waveOf({ object }: Manifest): number {
  return BUILT_IN.test(object.apiVersion) ? (WAVES[object.kind] ?? 2) : 2;
}

/** `apiVersion/kind` of every type that CustomResourceDefinitions among the manifests will bring. */
export function typesBrought(manifests: readonly Manifest[]): Set<string> {
  const brought = new Set<string>();
  for (const { object } of manifests) {
    if (object.kind !== 'CustomResourceDefinition') continue;
    const spec = object.spec as
      | { group?: string; names?: { kind?: string }; versions?: { name?: string; served?: boolean }[] }
      | undefined;
    for (const version of spec?.versions ?? [])
      if (version.served !== false) brought.add(`${spec?.group}/${version.name}/${spec?.names?.kind}`);
  }
  return brought;
}

export function namespacesBrought(manifests: readonly Manifest[]): Set<string> {
  return new Set(
    manifests
      .filter(({ object }) => object.kind === 'Namespace' && object.apiVersion === 'v1')
      .map(({ object }) => object.metadata.name ?? ''),
  );
}
