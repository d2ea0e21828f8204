import { expect, it } from 'vitest';
import { IGNORED, installKubeadm, resolveEndpoint, TOKEN } from './peer.ts';
import { allReady, on, type Pair } from './side.ts';

const COMPONENTS = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];

/** The real kubeadm, run on a cluster that kubewright made. */
export function obeyKubeadm({ version, cli, peer, ours }: Pair): void {
  const kubeadm = (args: string) =>
    on(ours, 'ours1', `KUBECONFIG=/etc/kubernetes/admin.conf kubeadm ${args} 2>&1`);

  it('joins a worker with the token that kubewright made', async () => {
    await on(peer, 'peer2', 'kubeadm reset -f 2>&1');
    await resolveEndpoint(peer, 'peer2', 'ours1');
    const command = await cli.ok(['token', 'create', '--print-join-command', '--kubeadm']);
    expect(command).toMatch(/^kubeadm join \S+ --token \S+ --discovery-token-ca-cert-hash sha256:\w{64}$/m);
    await on(peer, 'peer2', `${command.trim()} ${IGNORED} 2>&1`);
    await allReady(ours, 3);
  });

  it('lists and makes tokens', async () => {
    await installKubeadm(ours, 'ours1', version);
    expect(await kubeadm('token list')).toContain(TOKEN);
    const token = (await kubeadm('token create --ttl 10m')).trim();
    expect(await cli.ok(['token', 'list'])).toContain(token.split('.')[0]);
  });

  it('checks and renews the certificates; the cluster goes on, and init has nothing to mend', async () => {
    const names = ['apiserver', 'etcd-server', 'front-proxy-client', 'admin.conf', 'super-admin.conf', 'ca'];
    const checked = await kubeadm('certs check-expiration');
    for (const name of names) expect(checked).toMatch(new RegExp(`^${name} .* (364d|9y) `, 'm'));
    expect(checked).not.toMatch(/MISSING|invalid/);
    const serial = 'openssl x509 -noout -serial -in /etc/kubernetes/pki/apiserver.crt';
    const before = await on(ours, 'ours1', serial);
    expect(await kubeadm('certs renew all')).toContain('Done renewing certificates');
    expect(await on(ours, 'ours1', serial)).not.toBe(before);
    expect(await cli.json(['init', 'ours1'])).toMatchObject({ changed: 0 });
  });

  it('plans an upgrade: the configuration is read, the cluster found healthy, every component known', async () => {
    const next = version.replace(/\d+$/, (patch) => String(Number(patch) + 1));
    const plan = await kubeadm(`upgrade plan ${next} ${IGNORED}`);
    const current = version.slice(1).replaceAll('.', '\\.');
    for (const name of COMPONENTS) {
      expect(plan).toMatch(new RegExp(`^${name} .*${current} +${next}`, 'm'));
    }
    expect(plan).toMatch(/^kubelet\.config\.k8s\.io +v1beta1 +v1beta1 +no/m);
    expect(plan).toMatch(/^kubeproxy\.config\.k8s\.io +v1alpha1 +v1alpha1 +no/m);
    expect(plan).not.toContain('WARNING CreateJob');
  });
}

/** Last of all: nothing of the cluster is left on its control planes. */
export function resetByKubeadm({ version, cli, ours }: Pair): void {
  it('resets a control plane that kubewright joined: it leaves etcd, and the other one goes on', async () => {
    await installKubeadm(ours, 'ours2', version);
    await on(ours, 'ours2', 'kubeadm reset -f 2>&1');
    // Two members less one that only went dark would be no quorum: the API server could write nothing.
    await cli.ok(['delete', 'node', 'ours2']);
    await allReady(ours, 1);
  });

  it('resets the last control plane', async () => {
    const told = await on(ours, 'ours1', 'kubeadm reset -f 2>&1');
    expect(told).toContain('Deleted contents of the etcd data directory: /var/lib/etcd');
    const left =
      'find /etc/kubernetes/manifests /etc/kubernetes/pki /var/lib/etcd -type f; ls /etc/kubernetes/*.conf';
    expect(await on(ours, 'ours1', `(${left}) 2>/dev/null || true`)).toBe('');
    expect(await on(ours, 'ours1', 'ctr -n k8s.io tasks ls -q 2>/dev/null')).toBe('');
  });
}
