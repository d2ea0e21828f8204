import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hostArch } from '../../src/artifacts/arch.ts';
import { packageRoot } from '../../src/artifacts/package-root.ts';
import { openStore } from '../../src/artifacts/store.ts';
import { KUBERNETES_VERSION } from '../../src/cluster/spec/defaults.ts';
import { sshArguments } from '../../src/lab/ssh.ts';
import { silent } from '../../src/output/events.ts';
import { kubeadmConfig } from './contenders.ts';
import type { BenchHost } from './lab-host.ts';

/** What containerd and the kubelet need before kubeadm runs, as kubewright writes it. */
const CONFIGURATION = [
  'etc/containerd/config.toml',
  'etc/crictl.yaml',
  'etc/modules-load.d/kubewright.conf',
  'etc/sysctl.d/90-kubewright.conf',
  'etc/systemd/system/containerd.service',
  'etc/systemd/system/kubelet.service',
  'etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
];
const RUNTIME = ['containerd', 'containerd-shim-runc-v2', 'ctr', 'runc'];
const CONTROL_PLANE = ['pause', 'etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler'];
/** kubewright gives control planes no balancer. */
const UNUSED = ['haproxy'];
/** The name that kubeadm's own documentation takes. */
const ENDPOINT = 'cluster-endpoint';
const CERTIFICATE_KEY = '00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff';

/**
 * Everything that kubeadm-control-planes.sh sends, in `folder`: the very artifacts that kubewright has in its cache.
 * `prepared`: a host on which kubewright wrote the configuration of containerd and kubelet.
 */
export async function kubeadmPayload(
  folder: string,
  hosts: readonly BenchHost[],
  prepared: BenchHost,
): Promise<void> {
  for (const path of CONFIGURATION) {
    await mkdir(dirname(join(folder, 'runtime', path)), { recursive: true });
    await cp(join(prepared.root, path), join(folder, 'runtime', path));
  }
  await linkExecutables(folder);
  await linkImages(folder, prepared.defaults.extraImages);
  const [first] = hosts;
  for (const host of hosts) await writeConfiguration(folder, host, first!);
  await writeFile(join(folder, 'ssh_config'), hosts.map(sshConfig).join('\n'));
}

async function linkExecutables(folder: string): Promise<void> {
  const store = openStore({ env: process.env, reporter: silent });
  const kubeadm = { path: '/usr/local/bin/kubeadm', artifact: await store.binary('kubeadm') };
  for (const { path, artifact } of [...(await store.hostFiles(hostArch(), KUBERNETES_VERSION)), kubeadm]) {
    const target = join(folder, RUNTIME.includes(artifact.component) ? 'runtime' : 'executables', path);
    await mkdir(dirname(target), { recursive: true });
    await symlink(artifact.path, target);
  }
}

/** In kubewright's order, what the static pods need first. */
async function linkImages(folder: string, extra: readonly string[]): Promise<void> {
  const store = openStore({ env: process.env, reporter: silent });
  const own = await store.images(hostArch(), KUBERNETES_VERSION);
  const others = extra.length > 0 ? await store.images(hostArch(), KUBERNETES_VERSION, extra) : [];
  const used = [...own, ...others].filter(({ component }) => !UNUSED.includes(component));
  for (const group of ['control-plane', 'addons'])
    await mkdir(join(folder, 'images', group), { recursive: true });
  for (const [index, { component, path }] of used.entries()) {
    const group = CONTROL_PLANE.includes(component) ? 'control-plane' : 'addons';
    const name = `${String(index).padStart(2, '0')}-${component}.tar`;
    await symlink(path, join(folder, 'images', group, name));
  }
}

async function writeConfiguration(folder: string, host: BenchHost, first: BenchHost): Promise<void> {
  const root = join(folder, 'hosts', host.name, 'root');
  const endpoint = `${ENDPOINT}:6443`;
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'hosts'), `${first.address} ${ENDPOINT}\n`);
  if (host === first) {
    const config = await kubeadmConfig(host, {
      InitConfiguration: { certificateKey: CERTIFICATE_KEY },
      ClusterConfiguration: { controlPlaneEndpoint: endpoint },
    });
    return writeFile(join(root, 'kubeadm.yaml'), config, { mode: 0o600 });
  }
  const text = await readFile(join(packageRoot(), 'test/bench/kubeadm-join.yaml'), 'utf8');
  const config = text
    .replace('ENDPOINT', endpoint)
    .replace('ADDRESS', host.address)
    .replace('CERTIFICATE_KEY', CERTIFICATE_KEY);
  await writeFile(join(root, 'join.yaml'), config, { mode: 0o600 });
}

/** Of the lab's own arguments for ssh; the cipher is kubewright's first choice, the fastest here. */
export function sshConfig(host: BenchHost): string {
  const flags = sshArguments(host);
  const settings = flags.filter((_, index) => flags[index - 1] === '-o');
  const { name, address, port, user } = host;
  const place = [`HostName=${address}`, `Port=${port}`, `User=${user}`, 'Ciphers=aes128-gcm@openssh.com'];
  return [`Host ${name}`, ...[...place, ...settings].map((line) => `  ${line}`), ''].join('\n');
}
