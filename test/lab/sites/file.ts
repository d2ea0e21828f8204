import { stringify } from 'yaml';
import type { TestRegistry } from '../support/registry.ts';

interface SiteOptions {
  /** Of the lab's network: where the registry is, and a proxy that nobody needs. */
  gateway: string;
  registry: TestRegistry;
  /** What can be changed later is left out. */
  plain: boolean;
}

const hooks = {
  beforeJoin: ['echo before $KUBEWRIGHT_NODE >>/run/hooks', 'echo before two >>/run/hooks'],
  afterJoin: ['echo "after $KUBEWRIGHT_CLUSTER" >>/run/hooks'],
  beforeReset: ['echo leaving >>/run/hooks'],
  afterReset: ['test ! -e /etc/kubernetes && echo gone >>/run/hooks'],
};

/** A cluster file with everything that sites set. */
export function siteFile({ gateway, registry, plain }: SiteOptions): string {
  const mirror = registry.host;
  const changeable = {
    proxy: { http: `http://${gateway}:3128`, https: `http://${gateway}:3128`, noProxy: ['.sites.test'] },
    registries: [
      { host: 'registry.sites.test', mirrors: [{ url: `https://${mirror}` }] },
      {
        host: mirror,
        ca: registry.ca,
        credentials: { username: 'robot', passwordEnv: 'SITE_PASSWORD' },
      },
    ],
  };
  const without = { proxy: { http: '', https: '', noProxy: [] }, registries: [] };
  return stringify({
    apiVersion: 'kubewright.dev/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'sites' },
    spec: {
      ...(plain ? without : changeable),
      networking: { cni: 'bridge' },
      featureGates: { AllAlpha: false },
      apiServer: { extraArgs: { 'event-ttl': '2h' }, environment: { TZ: 'UTC' } },
      scheduler: { config: { parallelism: 4 } },
      etcd: { dataDir: '/data/etcd' },
      timeouts: { controlPlaneComponentHealthCheck: '6m0s' },
      patches: [
        {
          target: 'kube-controller-manager',
          type: 'json',
          patch: [{ op: 'add', path: '/metadata/labels/example.com~1site', value: 'one' }],
        },
        { target: 'kubeletconfiguration', patch: { maxPods: 42 } },
        { target: 'corednsdeployment', patch: { spec: { replicas: 1 } } },
      ],
      hosts: [
        {
          name: 'cp1',
          role: 'control-plane',
          taints: [],
          labels: plain ? {} : { 'example.com/rack': 'a' },
          environment: plain ? {} : { SITE: 'one "two" 50% \\n' },
          hooks,
        },
      ],
    },
  });
}
