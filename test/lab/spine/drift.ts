import { expect, it } from 'vitest';
import { initAgain, joinAgain, on, type Spine } from './spine.ts';

interface Drift {
  host: 'cp1' | 'w1';
  name: string;
  /** How it comes about, as sh. */
  drift: string;
  /** How the plan names it. */
  named: string;
  /** Prints the same before and after. */
  seen: string;
}

const flip = (path: string): string =>
  // A new file with the time of the old one: only its content tells.
  `cp -p ${path} ${path}.flipped && printf '\\377' | dd of=${path}.flipped bs=1 seek=4096 conv=notrunc status=none && touch -r ${path} ${path}.flipped && mv ${path}.flipped ${path}`;
const content = (path: string): string => `stat -c '%a %u:%g' ${path}; sha256sum ${path}`;

const file = (host: Drift['host'], name: string, path: string, drift: string): Drift => {
  return { host, name, drift, named: path, seen: content(path) };
};

const drifts: Drift[] = [
  {
    host: 'cp1',
    name: 'a deleted kubeconfig',
    drift: 'rm /etc/kubernetes/scheduler.conf',
    named: '/etc/kubernetes/scheduler.conf',
    // It is issued anew: only its place, its mode and its user are as before.
    seen: 'stat -c "%a %u:%g" /etc/kubernetes/scheduler.conf; grep -c system:kube-scheduler /etc/kubernetes/scheduler.conf',
  },
  file(
    'cp1',
    'a line of the kubelet configuration',
    '/var/lib/kubelet/config.yaml',
    "sed -i 's/^clusterDomain: .*/clusterDomain: elsewhere/' /var/lib/kubelet/config.yaml",
  ),
  file(
    'cp1',
    'the manifest of a static pod',
    '/etc/kubernetes/manifests/kube-controller-manager.yaml',
    "sed -i 's/--leader-elect=true/--leader-elect=true\\n    - --v=1/' /etc/kubernetes/manifests/kube-controller-manager.yaml",
  ),
  file(
    'cp1',
    'a unit file',
    '/etc/systemd/system/kubelet.service.d/10-kubeadm.conf',
    "sed -i '$ a # somebody was here' /etc/systemd/system/kubelet.service.d/10-kubeadm.conf",
  ),
  file('cp1', 'a byte of an executable', '/opt/cni/bin/portmap', flip('/opt/cni/bin/portmap')),
  {
    host: 'cp1',
    name: 'a kernel parameter',
    drift: 'sysctl -qw net.ipv4.ip_forward=0',
    named: 'net.ipv4.ip_forward',
    seen: 'sysctl net.ipv4.ip_forward',
  },
  file(
    'cp1',
    'the mode of a key',
    '/etc/kubernetes/pki/apiserver.key',
    'chmod 644 /etc/kubernetes/pki/apiserver.key',
  ),
  file('w1', 'a byte of an executable', '/usr/local/sbin/runc', flip('/usr/local/sbin/runc')),
  file(
    'w1',
    'a line of the kubelet configuration',
    '/var/lib/kubelet/config.yaml',
    "sed -i 's/^clusterDomain: .*/clusterDomain: elsewhere/' /var/lib/kubelet/config.yaml",
  ),
  {
    host: 'w1',
    name: 'a stopped kubelet',
    drift: 'systemctl disable --now -q kubelet',
    named: 'kubelet.service',
    seen: 'systemctl is-active kubelet; systemctl is-enabled kubelet',
  },
];

export function findsAndMendsDrift(spine: Spine): void {
  const { cli } = spine;
  const was = new Map<Drift, string>();
  let corefile: string;
  const coreDns = async () => {
    const map = ['get', 'configmap', 'coredns', '-n', 'kube-system'];
    return (await cli.json<{ data: { Corefile: string } }>(map)).data.Corefile;
  };

  it('B25: drift on the hosts and in the cluster is named by a dry run, which mends nothing', async () => {
    for (const drift of drifts) {
      was.set(drift, await on(spine, drift.host, drift.seen));
      await on(spine, drift.host, drift.drift);
    }
    corefile = await coreDns();
    await cli.ok(['delete', 'clusterrolebinding', 'kubeadm:node-autoapprove-bootstrap']);
    const map = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'coredns', namespace: 'kube-system' },
    };
    const changed = JSON.stringify({ ...map, data: { Corefile: corefile.replace('ttl 30', 'ttl 5') } });
    await cli.ok(['apply', '-f', '-', '--force-conflicts', '--field-manager', 'somebody'], {
      stdin: changed,
    });
    expect(await coreDns()).not.toBe(corefile);

    const plans = {
      cp1: await cli.ok(['init', 'cp1', '--dry-run']),
      w1: await cli.ok(['join', 'w1', '--dry-run']),
    };
    for (const { host, named } of drifts) expect(plans[host]).toContain(named);
    expect(plans.cp1).toContain('kubeadm:node-autoapprove-bootstrap');
    expect(plans.cp1).toContain('ConfigMap kube-system/coredns');
    for (const drift of drifts) {
      const still = await on(spine, drift.host, `(${drift.seen}) 2>&1 || true`);
      expect(still, `${drift.host}: ${drift.name}`).not.toBe(was.get(drift));
    }
  });

  it('B25: init and join mend it', async () => {
    const cp1 = drifts.filter(({ host }) => host === 'cp1');
    expect((await initAgain(spine)).changed).toBeGreaterThanOrEqual(cp1.length);
    expect((await joinAgain(spine)).hosts[0]?.changed).toBeGreaterThanOrEqual(drifts.length - cp1.length);
    for (const drift of drifts) {
      expect(await on(spine, drift.host, drift.seen), `${drift.host}: ${drift.name}`).toBe(was.get(drift));
    }
    expect(await coreDns()).toBe(corefile);
    await cli.ok(['get', 'clusterrolebinding', 'kubeadm:node-autoapprove-bootstrap']);
  });

  it('and after that change 0', async () => {
    expect(await initAgain(spine)).toMatchObject({ changed: 0 });
    expect(await joinAgain(spine)).toMatchObject({ hosts: [{ changed: 0 }] });
  });
}
