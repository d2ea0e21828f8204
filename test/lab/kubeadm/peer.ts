import { chmod, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { stringify } from 'yaml';
import { openStore } from '../../../src/artifacts/store.ts';
import { cacheDir } from '../../../src/base/dirs.ts';
import { flannelObjects } from '../../../src/cluster/manifests/addons.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import { silent } from '../../../src/output/events.ts';
import { on, type Side } from './side.ts';

/** The cluster's own checks are kubeadm's: the lab shares its kernel and the cgroups of this machine. */
export const IGNORED = '--ignore-preflight-errors=SystemVerification';
export const SOCKET = 'unix:///run/containerd/containerd.sock';
/** Where the hosts of the lab see this machine's artifacts; no host can change them. */
const ARTIFACTS = join(cacheDir(process.env), 'artifacts');
const SEEN = '/mnt/readonly/artifacts';
export const BINDS = [`${ARTIFACTS}:${SEEN}`];

/** As far as kubeadm wants a host: containerd, images, kubelet and its unit. Nothing that kubeadm makes is left. */
export async function prepareForKubeadm(
  side: Side,
  names: readonly string[],
  version: string,
): Promise<void> {
  const wanted = ['--kubernetes-version', version];
  await side.cli.ok(['images', 'pull', ...names, ...wanted]);
  for (const name of names) {
    for (const phase of ['host', 'kubelet-install'])
      await side.cli.ok(['phase', 'init', phase, name, ...wanted]);
    await on(side, name, 'rm -rf /etc/kubernetes /var/lib/kubelet/* /var/lib/etcd/*');
    await installKubeadm(side, name, version);
  }
}

/** The real one, of this version. */
export async function installKubeadm(side: Pick<Side, 'lab'>, name: string, version: string): Promise<void> {
  const store = openStore({ env: process.env, reporter: silent });
  const { path } = await store.binary('kubeadm', undefined, version);
  const seen = join(SEEN, relative(ARTIFACTS, path));
  await on(side, name, `install -m 755 ${seen} /usr/local/bin/kubeadm`);
}

/** The endpoint's name, which kubewright writes into /etc/hosts of its own hosts, for a host of kubeadm's. */
export async function resolveEndpoint(side: Side, name: string, controlPlane: string): Promise<void> {
  const { address } = await side.lab.host(controlPlane);
  const endpoint = resolveSpec({}).endpoint.name;
  // Not by rename: the lab may have bound the file.
  await on(
    side,
    name,
    `sed '/${endpoint}/d' /etc/hosts >/tmp/hosts; echo ${address} ${endpoint} >>/tmp/hosts; cat /tmp/hosts >/etc/hosts`,
  );
}

/** `kubeadm init` with what the lab needs, which kubewright's spec of the lab has too, and the same pod network. */
export async function kubeadmInit(side: Side, name: string, version: string): Promise<void> {
  const { address, defaults } = await side.lab.host(name);
  const spec = resolveSpec({ kubernetesVersion: version });
  const config = [
    {
      ...document('kubeadm.k8s.io/v1beta4', 'InitConfiguration'),
      localAPIEndpoint: { advertiseAddress: address },
      nodeRegistration: { criSocket: SOCKET, imagePullPolicy: 'Never' },
      bootstrapTokens: [{ token: TOKEN }],
    },
    {
      ...document('kubeadm.k8s.io/v1beta4', 'ClusterConfiguration'),
      kubernetesVersion: spec.kubernetesVersion,
      controlPlaneEndpoint: `${spec.endpoint.name}:${spec.endpoint.port}`,
      encryptionAlgorithm: spec.encryptionAlgorithm,
      networking: { podSubnet: spec.networking.podSubnet },
      etcd: { local: { imageTag: spec.components.etcd } },
    },
    { ...document('kubelet.config.k8s.io/v1beta1', 'KubeletConfiguration'), ...defaults.kubelet },
    {
      ...document('kubeproxy.config.k8s.io/v1alpha1', 'KubeProxyConfiguration'),
      mode: 'nftables',
      ...defaults.kubeProxy,
    },
  ];
  const text = config.map((each) => stringify(each)).join('---\n');
  await on(
    side,
    name,
    `cat >/root/kubeadm.yaml <<'EOF'\n${text}EOF\nkubeadm init --config /root/kubeadm.yaml ${IGNORED} 2>&1`,
  );
  await keepKubeconfig(side, name);
  // Whoever uses kubeadm applies a pod network next: the same as kubewright's.
  const network = join(side.cli.folder(), 'network.yaml');
  await writeFile(
    network,
    flannelObjects(spec)
      .map((object) => stringify(object))
      .join('---\n'),
  );
  await side.cli.ok(['apply', '-f', network, '--kubeconfig', side.kubeconfig()]);
}

export const TOKEN = 'abcdef.0123456789abcdef';

function document(apiVersion: string, kind: string): object {
  return { apiVersion, kind };
}

/** Its admin.conf names the endpoint, which this machine does not know. */
async function keepKubeconfig(side: Side, name: string): Promise<void> {
  const { address } = await side.lab.host(name);
  const text = await on(side, name, 'cat /etc/kubernetes/admin.conf');
  await writeFile(side.kubeconfig(), text.replace(/server: .*/, `server: https://${address}:6443`));
  await chmod(side.kubeconfig(), 0o600);
}
