import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { EXIT } from '../../src/base/exit-codes.ts';
import type { ClusterStatus } from '../../src/cluster/status/types.ts';
import { findBinaries } from '../api/support/binaries.ts';
import { makeAuthority, type Pair } from '../api/support/certificates.ts';
import { expectRefusal, useCli } from './support/cli.ts';
import { eventually, isTrue, list, type Node } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';

const PKI = '/etc/kubernetes/pki';
const SECRET = '/registry/secrets/default/probe';
/** The owner of this etcd has it where kubewright would have its own, on the very host. */
const UNIT = `[Service]
Type=notify
ExecStart=/usr/local/bin/etcd --name=outside --data-dir=/var/lib/etcd --listen-client-urls=https://ADDRESS:2379 \\
  --advertise-client-urls=https://ADDRESS:2379 --listen-peer-urls=http://127.0.0.1:2380 \\
  --initial-advertise-peer-urls=http://127.0.0.1:2380 --initial-cluster=outside=http://127.0.0.1:2380 \\
  --cert-file=/srv/etcd/server.crt --key-file=/srv/etcd/server.key --trusted-ca-file=/srv/etcd/ca.crt --client-cert-auth
`;

interface Done {
  changed: number;
  node: string;
}

const binaries = await findBinaries(['etcd', 'etcdctl']);

describeLab('a cluster whose etcd is outside', () => {
  const lab = useLab('test-external-etcd', ['cp1'], {
    bindReadOnly: Object.entries(binaries).map(([name, path]) => `${path}:/mnt/readonly/bin/${name}`),
  });
  const cli = useCli(lab.name);
  const init = ['init', 'cp1', '--config'];
  let file = '';
  let address = '';

  const on = async (script: string): Promise<string> => {
    const { exit, stdout, stderr } = await shell(await lab.host('cp1'), script);
    expect(exit, `${script.slice(0, 200)}\n${stderr}`).toBe(0);
    return stdout;
  };
  const etcdctl = (words: string) =>
    on(
      `/usr/local/bin/etcdctl --endpoints=https://${address}:2379 --cacert=/srv/etcd/ca.crt --cert=/srv/etcd/server.crt --key=/srv/etcd/server.key ${words}`,
    );

  beforeAll(async () => {
    ({ address } = await lab.host('cp1'));
    const authority = await makeAuthority('outside-ca');
    const server = await authority.issue({ subject: 'CN=outside', sans: [address] });
    const client = await authority.issue({ subject: 'CN=kube-apiserver' });
    await keep(join(cli.folder(), 'etcd'), authority.cert, client);
    file = join(cli.folder(), 'cluster.yaml');
    await writeFile(file, clusterFile(address));
    const put = (name: string, text: string) => `cat > /srv/etcd/${name} <<'END'\n${text}END\n`;
    await on(`umask 077; mkdir -p /srv/etcd; install -m 755 /mnt/readonly/bin/* /usr/local/bin/
${put('ca.crt', authority.cert)}${put('server.crt', server.cert)}${put('server.key', server.key)}
cat > /etc/systemd/system/etcd.service <<'END'\n${UNIT.replaceAll('ADDRESS', address)}END
chmod 644 /etc/systemd/system/etcd.service; systemctl daemon-reload`);
  });

  it('is not begun while that does not answer the control plane', async () => {
    expectRefusal(
      await cli.run([...init, file]),
      EXIT.preflight,
      '[ExternalEtcd]',
      new RegExp(`etcd at https://${address}:2379: .*refused`),
    );
    expect(await on('ls -d /etc/kubernetes /usr/local/bin/kubelet 2>/dev/null || :')).toBe('');
  });

  it('comes up with its data there, and runs no etcd of its own', async () => {
    await on('systemctl start etcd');
    expect(await cli.json<Done>([...init, file])).toMatchObject({ node: 'cp1' });
    await eventually('the node to be Ready', async () =>
      (await list<Node>(cli, 'nodes')).every((node) => isTrue(node, 'Ready')),
    );
    const found = await on(
      `ls /etc/kubernetes/manifests ${PKI} ${PKI}/etcd; stat -c %a ${PKI}/apiserver-etcd-client.key`,
    );
    expect(found).not.toMatch(/etcd\.yaml|healthcheck|peer|etcd\/ca\.key/);
    expect(found).toMatch(/\n600\n$/);
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'probe' },
      stringData: { a: 'geheim' },
    };
    await cli.ok(['apply', '-f', '-'], { stdin: JSON.stringify(secret) });
    const stored = await etcdctl(`get ${SECRET} --print-value-only`);
    expect(stored).toMatch(/^k8s:enc:secretbox:v1:/);
    expect(stored).not.toContain('geheim');
  });

  it('is the same after the same command, from another folder and without the files too', async () => {
    expect(await cli.json<Done>([...init, file])).toMatchObject({ changed: 0 });
    expect(await cli.json<Done>(['init', 'cp1'])).toMatchObject({ changed: 0 });
  });

  it('is not moved to one of its own', async () => {
    const moved = join(cli.folder(), 'moved.yaml');
    await writeFile(
      moved,
      clusterFile(address).replace(/external:[\s\S]*(?= {2}hosts:)/, 'dataDir: /var/lib/etcd\n'),
    );
    expectRefusal(
      await cli.run([...init, moved]),
      EXIT.invalidInput,
      /moved\.yaml:\d+:14: spec\.etcd\.dataDir: the cluster is recorded with an etcd outside/,
    );
  });

  it('shows it in its status', async () => {
    const { etcd, problems } = await cli.json<ClusterStatus>(['status']);
    expect(problems).toEqual([]);
    expect(etcd).toMatchObject({
      external: true,
      leader: 'outside',
      members: [{ name: 'outside', well: true }],
      endpoints: [{ url: `https://${address}:2379`, well: true }],
    });
  });

  it('is reset without a touch on that etcd and what it holds; another cluster is then not put over it', async () => {
    const keys = 'get --prefix /registry/ --keys-only --limit 100000 | grep -c .';
    const before = await on('systemctl show -p MainPID etcd');
    const count = Number(await etcdctl(keys));
    expect(count).toBeGreaterThan(50);
    await cli.ok(['reset', 'cp1', '--yes']);
    expect(await on('systemctl show -p MainPID etcd')).toBe(before);
    expect(await etcdctl(`get ${SECRET} --keys-only`)).toContain(SECRET);
    // Its Node is deleted, with what belongs to that.
    expect(Number(await etcdctl(keys))).toBeGreaterThan(count / 2);
    expect(await on('ls -d /etc/kubernetes 2>/dev/null; ls /var/lib/etcd')).toBe('member\n');
    expectRefusal(await cli.run([...init, file]), EXIT.preflight, '[ExternalEtcdData]');
  });
});

/** What the file names, seen from its folder. */
async function keep(folder: string, ca: string, client: Pair): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries({
    'ca.crt': ca,
    'client.crt': client.cert,
    'client.key': client.key,
  }))
    await writeFile(join(folder, name), text, { mode: 0o600 });
}

function clusterFile(address: string): string {
  return `apiVersion: kubewright.dev/v1alpha1
kind: Cluster
metadata:
  name: outside
spec:
  networking: {cni: bridge}
  addons: {coredns: {enabled: false}, kubeProxy: {enabled: false}}
  etcd:
    external:
      endpoints: [https://${address}:2379]
      caFile: etcd/ca.crt
      certFile: etcd/client.crt
      keyFile: etcd/client.key
  hosts:
    - {name: cp1, role: control-plane}
`;
}
