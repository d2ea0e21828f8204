import type { Phase } from '../../engine/phase.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import type { ControlPlaneContext } from '../context.ts';
import { readsConfigNow } from '../encryption/state.ts';
import { coreDnsObjects, flannelObjects, kubeProxyObjects } from '../manifests/addons.ts';
import { bootstrapObjects } from '../manifests/bootstrap.ts';
import { objectTemplates } from '../manifests/template.ts';
import { mergedRecord } from '../record.ts';
import { localUrl } from '../spec/node.ts';
import type { ClusterSpec } from '../spec/types.ts';
import { objectsStep } from '../steps/objects.ts';
import { removedObjectsStep } from '../steps/removed-objects.ts';

/** Configuration, cluster-info, and the rights to read and to join (kubeadm: upload-config, bootstrap-token). */
export const uploadConfig = objectsPhase(
  'upload-config',
  'Upload the configuration and the rights to join',
  async ({ spec, node, pki, host }, api) => [
    ...bootstrapObjects(spec, {
      ca: await pki.ca(),
      server: localUrl(spec, node),
      encryption: await readsConfigNow(spec, host),
    }),
    // Whoever may join has to know the cluster that it joins.
    ...objectTemplates('addons/cluster-record-rbac.yaml'),
    await mergedRecord(api, spec),
  ],
);

export const addonCoreDns = addonPhase(
  'addon-coredns',
  'CoreDNS',
  coreDnsObjects,
  ({ addons }) => addons.coredns.enabled,
);

export const addonKubeProxy = addonPhase(
  'addon-kube-proxy',
  'kube-proxy',
  kubeProxyObjects,
  ({ addons }) => addons.kubeProxy.enabled,
);

/** The DaemonSet of the network, where it has one; `bridge` and `none` need no objects. */
export const addonNetwork = objectsPhase('addon-network', 'Install the pod network', ({ spec }) =>
  flannelObjects(spec),
);

/** Built before anything is changed, so that a patch that cannot be applied is told in time. */
function addonPhase(
  name: string,
  what: string,
  build: (spec: ClusterSpec) => KubeObject[],
  enabled: (spec: ClusterSpec) => boolean,
): Phase<ControlPlaneContext> {
  return {
    name,
    title: `Install ${what}`,
    after: ['wait-control-plane'],
    steps: (context) => {
      const objects = build(context.spec);
      const client = () => context.api();
      return enabled(context.spec)
        ? [objectsStep('objects', client, () => objects)]
        : [removedObjectsStep('objects', client, objects)];
    },
  };
}

function objectsPhase(
  name: string,
  title: string,
  objects: (context: ControlPlaneContext, api: ApiClient) => KubeObject[] | Promise<KubeObject[]>,
): Phase<ControlPlaneContext> {
  return {
    name,
    title,
    after: ['wait-control-plane'],
    steps: (context) => [
      objectsStep(
        'objects',
        () => context.api(),
        (api) => objects(context, api),
      ),
    ],
  };
}
