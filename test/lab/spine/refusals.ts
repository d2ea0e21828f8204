import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { expectRefusal } from '../support/cli.ts';
import { joinAgain, on, type Spine } from './spine.ts';
import { expectAsBefore } from './take-back.ts';

const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';
const foreignConf = `apiVersion: v1
kind: Config
clusters:
- {name: harbour, cluster: {server: "https://192.0.2.9:6443"}}
users:
- {name: u, user: {token: none}}
contexts:
- {name: c, context: {cluster: harbour, user: u}}
current-context: c
`;

/** On hosts that are still bare: nothing of this may leave a trace. */
export function refusesBadInput(spine: Spine): void {
  const { cli, lab } = spine;

  it('a dry run shows the plan of a bare host and changes nothing', async () => {
    const plan = await cli.ok(['init', 'cp1', '--dry-run']);
    for (const word of [
      '/etc/kubernetes/pki/ca.crt',
      '/etc/kubernetes/manifests/etcd.yaml',
      'kubelet.service',
    ]) {
      expect(plan).toContain(word);
    }
    expect(plan).not.toMatch(/PRIVATE KEY|BEGIN CERTIFICATE/);
    await expectAsBefore(spine, 'cp1');
  });

  it('a host where nobody listens is unreachable', async () => {
    const { address } = await lab.host('cp1');
    expectRefusal(await cli.run(['init', `root@${address}:2`]), EXIT.hostUnreachable, `${address}:2`);
  });

  it('B16: an unknown host key is shown and not accepted without somebody to ask; a changed one never', async () => {
    const { address, identityFile } = await lab.host('cp1');
    const config = join(cli.folder(), 'ssh_config');
    const known = join(cli.folder(), 'known_hosts');
    await writeFile(config, `Host *\n  IdentityFile ${identityFile}\n  UserKnownHostsFile ${known}\n`);
    const flags = ['--dry-run', '--ignore-preflight-errors', 'all', '--ssh-config', config];
    const init = ['init', `root@${address}`, ...flags];
    expectRefusal(await cli.run(init), EXIT.hostKey, /SHA256:/);
    await cli.ok([...init, '--accept-new-host-keys']);
    const other = (await on(spine, 'w1', 'cat /etc/ssh/ssh_host_ed25519_key.pub')).split(' ').slice(0, 2);
    await writeFile(known, `${address} ${other.join(' ')}\n`);
    expectRefusal(
      await cli.run([...init, '--accept-new-host-keys']),
      EXIT.hostKey,
      /is not the recorded one[\s\S]*recorded: ssh-ed25519 SHA256:/,
    );
    expect((await readFile(known, 'utf8')).trim().split('\n')).toHaveLength(1);
  });

  it('B21: a port that is taken is refused with the process that holds it and its number', async () => {
    const unit = '--unit=kw-holder --quiet --collect';
    await on(spine, 'cp1', `systemd-run ${unit} socat TCP-LISTEN:6443,fork,reuseaddr SYSTEM:true`);
    try {
      const pid = (await on(spine, 'cp1', 'systemctl show -p MainPID --value kw-holder')).trim();
      const listens = "for i in $(seq 50); do ss -ltn | grep -q ':6443 ' && exit; sleep 0.1; done; exit 1";
      await on(spine, 'cp1', listens);
      const refused = await cli.run(['init', 'cp1']);
      expectRefusal(refused, EXIT.preflight, 'Port-6443', `socat (pid ${pid})`, 'nothing was changed');
    } finally {
      await on(spine, 'cp1', 'systemctl stop kw-holder');
    }
  });

  it('subnets that overlap are refused: with each other, with the host, and with its routes', async () => {
    const { address } = await lab.host('cp1');
    const pods = (subnet: string) => cli.run(['init', 'cp1', '--pod-subnet', subnet]);
    expectRefusal(await pods('10.96.0.0/16'), EXIT.invalidInput, '10.96.0.0/16', '10.96.0.0/12');
    expectRefusal(await pods(address.replace(/\.\d+\.\d+$/, '.0.0/16')), EXIT.invalidInput, address);
    await on(spine, 'cp1', 'ip route add 10.200.0.0/16 dev host0');
    try {
      expectRefusal(await pods('10.200.0.0/14'), EXIT.preflight, 'SubnetOverlap', '10.200.0.0/16');
    } finally {
      await on(spine, 'cp1', 'ip route del 10.200.0.0/16 dev host0');
    }
  });

  it('B31: a host that belongs to another cluster is refused, with the name of that cluster', async () => {
    await on(spine, 'cp1', `mkdir /etc/kubernetes; cat > ${KUBELET_CONF} <<'END'\n${foreignConf}END`);
    try {
      expectRefusal(await cli.run(['init', 'cp1']), EXIT.foreignCluster, 'harbour', 'kubewright reset cp1');
      expect(await on(spine, 'cp1', `cat ${KUBELET_CONF}`)).toBe(foreignConf);
    } finally {
      await on(spine, 'cp1', 'rm -r /etc/kubernetes');
    }
  });

  it('reset of what is not a lab host wants to be confirmed', async () => {
    const { address } = await lab.host('cp1');
    expectRefusal(await cli.run(['reset', `root@${address}`]), EXIT.usage, 'not confirmed', '--yes');
  });

  it('phase init certs issues the certificates alone, and reset takes them back', async () => {
    const run = ['phase', 'init', 'certs', 'cp1'];
    const done = await cli.json<{ changed: number }>(run);
    expect(done.changed).toBe(1);
    const pki = await on(spine, 'cp1', 'cd /etc/kubernetes; find . -type f | sort');
    expect(pki).toContain('./pki/etcd/ca.key');
    expect(pki).not.toContain('.conf');
    expect(await cli.json(run)).toMatchObject({ changed: 0 });
    await cli.ok(['reset', 'cp1']);
    await expectAsBefore(spine, 'cp1');
  });
}

/** With a cluster there. */
export function refusesOthers(spine: Spine): void {
  it('B31: a worker of another cluster is refused, with the name of that cluster, and stays as it is', async () => {
    const ca = (await on(spine, 'cp1', 'base64 -w0 /etc/kubernetes/pki/front-proxy-ca.crt')).trim();
    const alien = `sed -i -e 's#certificate-authority-data: .*#certificate-authority-data: ${ca}#' -e 's#server: .*#server: https://harbour.kubewright.internal:6443#'`;
    await on(spine, 'w1', `cp -p ${KUBELET_CONF} /run/kubelet.conf`);
    await on(spine, 'w1', `${alien} ${KUBELET_CONF}`);
    const changed = await on(spine, 'w1', `sha256sum ${KUBELET_CONF}`);
    try {
      expectRefusal(
        await spine.cli.run(['join', 'w1']),
        EXIT.foreignCluster,
        'harbour',
        'kubewright reset w1',
      );
      expect(await on(spine, 'w1', `sha256sum ${KUBELET_CONF}`)).toBe(changed);
    } finally {
      await on(spine, 'w1', `mv /run/kubelet.conf ${KUBELET_CONF}`);
    }
    expect(await joinAgain(spine)).toMatchObject({ hosts: [{ changed: 0 }] });
  });
}
