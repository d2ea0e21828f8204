import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { kubeadmSpec } from '../../../../src/cluster/discovery/kubeadm-spec.ts';
import { clusterKubeletConfig } from '../../../../src/cluster/manifests/kubelet.ts';
import type { ApiClient, KubeObject } from '../../../../src/kube/port.ts';
import { golden } from '../../../golden/compare.ts';

type ConfigMap = KubeObject & { data: Record<string, string> };

/** What the real kubeadm put into a cluster, or what a test says instead. */
function clusterOf(change: (map: ConfigMap) => void = () => undefined): ApiClient {
  const objects = parseAllDocuments(golden('v1.37.2', 'objects.yaml')).map(
    (document) => document.toJS() as ConfigMap,
  );
  const request = async ({ path }: { path: string }) => {
    const found = objects.find(
      ({ kind, metadata }) => kind === 'ConfigMap' && path.endsWith(`/${metadata.name}`),
    );
    if (found) change(found);
    return { body: found, status: 200, warnings: [], headers: {} };
  };
  return { request, server: 'https://10.0.0.1:6443' } as unknown as ApiClient;
}

const info = { server: 'https://[fd00::1]:7443', ca: '' };

describe("a cluster of kubeadm's own", () => {
  it('is joined as its configuration says, with its own network and nothing of our hardening', async () => {
    const spec = await kubeadmSpec(clusterOf(), info);
    expect(spec).toMatchObject({
      name: 'kubernetes',
      kubernetesVersion: 'v1.37.2',
      networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12', cni: 'none' },
      endpoint: { name: 'fd00::1', port: 7443 },
      imageRepository: 'registry.k8s.io',
      security: { kubeletServingCertificates: 'self-signed', profiling: true },
      hosts: [],
    });
  });

  it('has its kubelets configured with every field that kubeadm gave them', async () => {
    const spec = await kubeadmSpec(clusterOf(), info);
    let theirs = '';
    await clusterOf((map) => {
      theirs = map.data.kubelet ?? theirs;
    }).request({ path: '/kubelet-config' });
    expect(clusterKubeletConfig(spec)).toMatchObject(parse(theirs) as object);
  });

  it('may have no range for pods', async () => {
    const without = clusterOf((map) => {
      const text = map.data.ClusterConfiguration;
      if (text) map.data.ClusterConfiguration = text.replace(/^ *podSubnet:.*\n/m, '');
    });
    expect((await kubeadmSpec(without, info)).networking.podSubnet).toBe('10.244.0.0/16');
  });

  it.each([
    ['kubeadm-config', (map: ConfigMap) => delete map.data.ClusterConfiguration],
    ['kubelet-config', (map: ConfigMap) => delete map.data.kubelet],
  ])('is refused with words where %s is empty', async (name, change) => {
    await expect(kubeadmSpec(clusterOf(change), info)).rejects.toMatchObject({
      code: 'NoClusterConfiguration',
      message: expect.stringContaining(name),
    });
  });
});
