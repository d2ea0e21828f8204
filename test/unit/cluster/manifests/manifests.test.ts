import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { catalogs, newest } from '../../../../src/artifacts/catalog.ts';
import { addonObjects, flannelObjects, kubeProxyConfig } from '../../../../src/cluster/manifests/addons.ts';
import { bootstrapObjects } from '../../../../src/cluster/manifests/bootstrap.ts';
import {
  bootstrapTokenSecret,
  generateBootstrapToken,
  parseBootstrapToken,
} from '../../../../src/cluster/manifests/bootstrap-token.ts';
import { bridgeCni, flannelCni } from '../../../../src/cluster/manifests/cni.ts';
import { containerdConfig, containerdFiles } from '../../../../src/cluster/manifests/containerd.ts';
import { hostFiles, sysctls } from '../../../../src/cluster/manifests/host-files.ts';
import { hostsBlock } from '../../../../src/cluster/manifests/hosts-file.ts';
import { imageReferences, imagesOf } from '../../../../src/cluster/manifests/images.ts';
import { cgroupDriver, kubeletConfig, kubeletFlagsEnv } from '../../../../src/cluster/manifests/kubelet.ts';
import { staticPod, staticPods } from '../../../../src/cluster/manifests/static-pods.ts';
import { KUBERNETES_VERSION } from '../../../../src/cluster/spec/defaults.ts';
import { exampleSpec, facts } from '../example.ts';

const { spec, node } = exampleSpec();
const none = { caDirectories: [] };

describe('static pods', () => {
  it('are private files of their own folder, the same every time', () => {
    const files = staticPods(spec, node, none);
    expect(files.map(({ path }) => path.split('/').pop())).toEqual([
      'etcd.yaml',
      'kube-apiserver.yaml',
      'kube-controller-manager.yaml',
      'kube-scheduler.yaml',
    ]);
    expect(files.every(({ mode }) => mode === 0o600)).toBe(true);
    expect(staticPods(spec, node, none)).toEqual(files);
  });

  it('put IPv6 addresses into brackets and keep to one family on loopback', () => {
    const six = { ...node, address: 'fd00::11' };
    const etcd = staticPod('etcd', spec, six, none);
    expect(etcd.spec.containers[0]?.command).toContain(
      '--listen-client-urls=https://[::1]:2379,https://[fd00::11]:2379',
    );
    expect(etcd.spec.containers[0]?.livenessProbe?.httpGet.host).toBe('::1');
    const api = staticPod('kube-apiserver', spec, six, none);
    expect(api.metadata.annotations).toMatchObject({
      'kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint': '[fd00::11]:6443',
    });
  });

  it('name all members for an etcd that joins', () => {
    const initialCluster = [
      { name: 'cp1', peerUrl: 'https://192.168.77.11:2380' },
      { name: 'cp2', peerUrl: 'https://192.168.77.12:2380' },
    ];
    const command = staticPod('etcd', spec, node, { ...none, initialCluster }).spec.containers[0]?.command;
    expect(command).toContain(
      '--initial-cluster=cp1=https://192.168.77.11:2380,cp2=https://192.168.77.12:2380',
    );
    expect(command).toContain('--initial-cluster-state=existing');
  });

  it('listen where the endpoint is', () => {
    const { spec: other } = exampleSpec({ endpoint: { port: 8443 } });
    const [container] = staticPod('kube-apiserver', other, node, none).spec.containers;
    expect(container?.command).toContain('--secure-port=8443');
    expect(container?.ports?.[0]?.containerPort).toBe(8443);
  });
});

describe('images', () => {
  it.each(catalogs)('are those that the catalog of $kubernetes makes', ({ kubernetes, images }) => {
    const { spec: versioned } = exampleSpec({ kubernetesVersion: kubernetes });
    const made = images.map(({ reference }) => reference);
    for (const reference of Object.values(imageReferences(versioned))) expect(made).toContain(reference);
  });

  it('are the newest where no version is asked for', () => {
    expect(newest.kubernetes).toBe(KUBERNETES_VERSION);
  });

  it('follow the repository as in kubeadm', () => {
    const { spec: mirrored } = exampleSpec({
      imageRepository: 'mirror.example.com/k8s',
      extraImages: ['a/b:c'],
    });
    expect(imageReferences(mirrored).coredns).toBe('mirror.example.com/k8s/coredns:v1.14.6');
    expect(imagesOf(mirrored)).toContain('a/b:c');
  });

  // kubeadm config images list --kubernetes-version v1.37.2, but for etcd (test/golden/allowlist.yaml).
  it('are listed as kubeadm lists them, the pod network after them', () => {
    const repository = 'registry.k8s.io';
    const kubeadm = [
      ...['apiserver', 'controller-manager', 'scheduler', 'proxy'].map(
        (name) => `${repository}/kube-${name}:v1.37.2`,
      ),
      `${repository}/coredns/coredns:v1.14.6`,
      `${repository}/pause:3.10.2`,
    ];
    const list = imagesOf(spec);
    expect(list.slice(0, 6)).toEqual(kubeadm);
    expect(list.slice(6)).toEqual([
      `${repository}/etcd:${spec.components.etcd}`,
      expect.stringContaining('flannel'),
      expect.stringContaining('haproxy'),
    ]);
    const less = exampleSpec({
      addons: { coredns: { enabled: false }, kubeProxy: { enabled: false } },
      networking: { cni: 'none' },
    });
    expect(imagesOf(less.spec)).toHaveLength(6);
  });
});

describe('kubelet', () => {
  it('takes the cluster’s fields, then the host’s', () => {
    const { spec: own, node: host } = exampleSpec({
      kubelet: { maxPods: 50, evictionHard: { 'memory.available': '100Mi' } },
      hosts: [{ name: 'cp1', role: 'control-plane', address: '192.168.77.11', kubelet: { maxPods: 20 } }],
    });
    const config = parse(kubeletConfig(own, host, facts).content);
    expect(config.maxPods).toBe(20);
    expect(config.evictionHard).toEqual({ 'memory.available': '100Mi' });
    expect(config.authentication.anonymous.enabled).toBe(false);
    const [map] = bootstrapObjects(own, { ca: '', server: '' }).filter(
      ({ metadata }) => metadata.name === 'kubelet-config',
    );
    expect(map!.metadata.annotations).toBeUndefined();
    expect(parse((map!.data as { kubelet: string }).kubelet)).toMatchObject({
      maxPods: 50,
      containerRuntimeEndpoint: '',
    });
  });

  it('names the node where the host is called otherwise', () => {
    expect(kubeletFlagsEnv(spec, node, { hostname: 'ip-1-2-3-4' }).content).toBe(
      'KUBELET_KUBEADM_ARGS="--hostname-override=cp1 --node-ip=192.168.77.11 --register-with-taints=node-role.kubernetes.io/control-plane:NoSchedule"\n',
    );
    expect(kubeletFlagsEnv(spec, { ...node, role: 'worker' }, { hostname: 'CP1' }).content).toBe(
      'KUBELET_KUBEADM_ARGS="--node-ip=192.168.77.11"\n',
    );
  });

  it('gives the kubelet of a host the flags that the user wrote for it, over ours', () => {
    const own = { ...node, kubeletExtraArgs: { v: '4', 'register-with-taints': '', 'a-b': ['1', '2'] } };
    expect(kubeletFlagsEnv(spec, own, { hostname: 'cp1' }).content).toBe(
      'KUBELET_KUBEADM_ARGS="--a-b=1 --a-b=2 --node-ip=192.168.77.11 --register-with-taints= --v=4"\n',
    );
  });

  it.each([
    [{ cgroupVersion: 2 as const, init: 'systemd' }, {}, 'systemd'],
    [{ cgroupVersion: 1 as const, init: 'systemd' }, {}, 'cgroupfs'],
    [{ cgroupVersion: 2 as const, init: 'openrc' }, {}, 'cgroupfs'],
    [{ cgroupVersion: 1 as const, init: 'systemd' }, { cgroupDriver: 'systemd' }, 'systemd'],
  ])('B26: and containerd agree on the cgroup driver: %j %j', (machine, kubelet, driver) => {
    expect(cgroupDriver(spec, { kubelet }, machine)).toBe(driver);
    expect(containerdConfig(spec, { ...machine, features: {} }, { kubelet }).content).toContain(
      `SystemdCgroup = ${driver === 'systemd'}`,
    );
  });
});

describe('a machine that refuses what others allow', () => {
  it('B26: with cgroup v1 gets a kubelet that accepts it: the kubelet would not start otherwise', () => {
    const v1 = { hostname: 'cp1', cgroupVersion: 1 as const, init: 'systemd', features: {} };
    expect(kubeletConfig(spec, node, v1).content).toContain('failCgroupV1: false');
    expect(kubeletConfig(spec, node, { ...v1, cgroupVersion: 2 }).content).not.toContain('failCgroupV1');
  });

  it('without CAP_SYS_RESOURCE gets a containerd that leaves oom_score_adj alone', () => {
    const machine = { cgroupVersion: 2 as const, init: 'systemd' };
    const config = (capSysResource: boolean) =>
      containerdConfig(spec, { ...machine, features: { capSysResource } }).content;
    expect(config(false)).toContain('restrict_oom_score_adj = true');
    expect(config(true)).toContain('restrict_oom_score_adj = false');
  });
});

describe('host files', () => {
  it('leave no placeholder behind', () => {
    const files = [...hostFiles(spec, node, facts), ...containerdFiles(spec, facts)];
    for (const { path, content } of files) expect(content, path).not.toMatch(/@[a-zA-Z]+@/);
    expect(files.map(({ path }) => path)).toEqual(
      expect.arrayContaining([
        '/etc/systemd/system/kubelet.service',
        '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
        '/etc/systemd/system/containerd.service',
        '/etc/containerd/config.toml',
        '/etc/crictl.yaml',
        '/etc/sysctl.d/90-kubewright.conf',
        '/etc/cni/net.d/10-flannel.conflist',
      ]),
    );
  });

  it('bring no CNI configuration where the network is another’s', () => {
    const { spec: bare } = exampleSpec({ networking: { cni: 'none' } });
    expect(hostFiles(bare, node, facts).some(({ path }) => path.includes('/cni/'))).toBe(false);
  });

  it('set kernel parameters that the kernel has', () => {
    expect(sysctls(spec, { features: { bridgeNetfilter: false } })).toEqual([['net.ipv4.ip_forward', '1']]);
    const { spec: dual } = exampleSpec({ networking: { podSubnet: '10.244.0.0/16,fd00:10:244::/56' } });
    expect(sysctls(dual).map(([key]) => key)).toContain('net.ipv6.conf.all.forwarding');
  });

  it('point the endpoint’s name somewhere, unless it is an address', () => {
    const own = `${node.address} kubernetes.kubewright.internal`;
    expect(hostsBlock(spec, node)).toEqual([own]);
    const worker = { ...node, name: 'w1', role: 'worker' as const, address: '192.168.77.21' };
    expect(hostsBlock(spec, worker)).toEqual(['127.0.0.1 kubernetes.kubewright.internal', own]);
    const { spec: none } = exampleSpec({ endpoint: { balancer: 'none' } });
    expect(hostsBlock(none, worker)).toEqual([own]);
    const { spec: outside } = exampleSpec({ endpoint: { balancer: 'external' } });
    expect(hostsBlock(outside, worker)).toEqual([]);
    const { spec: fixed } = exampleSpec({ endpoint: { name: '192.168.77.11' } });
    expect(hostsBlock(fixed, worker)).toEqual([]);
  });
});

describe('pod network', () => {
  it('gives the bridge the host’s range of each family', () => {
    const list = JSON.parse(bridgeCni('10.244.1.0/24,fd00:10:244:1::/64').content);
    expect(list.plugins[0].ipam).toEqual({
      type: 'host-local',
      ranges: [[{ subnet: '10.244.1.0/24' }], [{ subnet: 'fd00:10:244:1::/64' }]],
      routes: [{ dst: '0.0.0.0/0' }, { dst: '::/0' }],
    });
    expect(() => bridgeCni('x')).toThrow(TypeError);
  });

  it('runs Flannel over vxlan and nftables on the cluster’s range, without init containers', () => {
    expect(JSON.parse(flannelCni().content).plugins.map(({ type }: { type: string }) => type)).toEqual([
      'flannel',
      'portmap',
    ]);
    const objects = flannelObjects(spec);
    const map = objects.find(({ kind }) => kind === 'ConfigMap')!;
    expect(JSON.parse((map.data as Record<string, string>)['net-conf.json']!)).toEqual({
      Network: '10.244.0.0/16',
      EnableNFTables: true,
      Backend: { Type: 'vxlan' },
    });
    const text = JSON.stringify(objects);
    expect(text).not.toContain('initContainers');
    expect(text).toContain('"--iface=$(NODE_IP)"');
    expect(flannelObjects(exampleSpec({ networking: { cni: 'none' } }).spec)).toEqual([]);
  });

  it('takes kube-proxy’s fields over ours', () => {
    const { spec: own } = exampleSpec({ kubeProxy: { conntrack: { maxPerCore: 0 } } });
    expect(kubeProxyConfig(own)).toMatchObject({
      mode: 'nftables',
      clusterCIDR: '10.244.0.0/16',
      conntrack: { maxPerCore: 0, tcpBeLiberal: false },
    });
  });
});

describe('objects', () => {
  const objects = [
    ...bootstrapObjects(spec, { ca: 'CA', server: 'https://192.168.77.11:6443' }),
    ...addonObjects(spec),
  ];

  it('have no explicit nulls and nothing that only the server sets', () => {
    for (const object of objects) {
      expect(Object.keys(object)).not.toContain('status');
      expect(Object.keys(object.metadata)).not.toContain('resourceVersion');
      expect(JSON.stringify(object), object.metadata.name).not.toMatch(/:null|"@/);
    }
  });

  it('are each named once, and come after their namespace', () => {
    const keys = objects.map(({ kind, metadata }) => `${kind}/${metadata.namespace}/${metadata.name}`);
    expect(new Set(keys).size).toBe(keys.length);
    const inFlannel = objects.findIndex(({ metadata }) => metadata.namespace === 'kube-flannel');
    expect(objects.findIndex(({ kind }) => kind === 'Namespace')).toBeLessThan(inFlannel);
  });
});

describe('bootstrap tokens', () => {
  it('are random, and of the form that the API server takes', () => {
    const tokens = Array.from({ length: 50 }, generateBootstrapToken);
    expect(tokens.every((token) => parseBootstrapToken(token))).toBe(true);
    expect(new Set(tokens).size).toBe(50);
  });

  it('become the Secret that kubeadm makes', () => {
    const secret = bootstrapTokenSecret('abcdef.0123456789abcdef', {
      expires: new Date('2026-11-24T20:24:53.123Z'),
    });
    expect(secret).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'bootstrap-token-abcdef', namespace: 'kube-system' },
      type: 'bootstrap.kubernetes.io/token',
      data: {
        'auth-extra-groups': 'c3lzdGVtOmJvb3RzdHJhcHBlcnM6a3ViZWFkbTpkZWZhdWx0LW5vZGUtdG9rZW4=',
        expiration: 'MjAyNi0xMS0yNFQyMDoyNDo1M1o=',
        'token-id': 'YWJjZGVm',
        'token-secret': 'MDEyMzQ1Njc4OWFiY2RlZg==',
        'usage-bootstrap-authentication': 'dHJ1ZQ==',
        'usage-bootstrap-signing': 'dHJ1ZQ==',
      },
    });
    expect(() => bootstrapTokenSecret('short', { expires: new Date() })).toThrow(TypeError);
  });
});
