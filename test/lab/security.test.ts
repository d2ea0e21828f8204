import { X509Certificate } from 'node:crypto';
import { get } from 'node:https';
import { connect, type PeerCertificate, type SecureVersion } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import type { LabHost } from '../../src/lab/port.ts';
import { useCli } from './support/cli.ts';
import { eventually, readyPods } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';

const AUDIT_LOG = '/var/log/kubernetes/audit/audit.log';
const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info';
const KUBELET = 10250;
const API_SERVER = 6443;
const TWENTY_MINUTES = 20 * 60_000;

describeLab('a cluster with the security that is the default', () => {
  const lab = useLab('test-security', ['cp1', 'w1']);
  const cli = useCli(lab.name);
  let cp1: LabHost;
  let w1: LabHost;
  let ca = '';

  const on = async (host: LabHost, script: string): Promise<string> => {
    const { exit, stdout, stderr } = await shell(host, script);
    expect(exit, stderr).toBe(0);
    return stdout;
  };
  const stored = (name: string) =>
    cli.ok([
      ...[
        'exec',
        '-n',
        'kube-system',
        'etcd-cp1',
        '--',
        'etcdctl',
        '--cacert=/etc/kubernetes/pki/etcd/ca.crt',
      ],
      '--cert=/etc/kubernetes/pki/etcd/healthcheck-client.crt',
      '--key=/etc/kubernetes/pki/etcd/healthcheck-client.key',
      ...['get', `/registry/secrets/default/${name}`, '--print-value-only'],
    ]);
  const secret = (name: string, value: string) =>
    cli.ok(['apply', '-f', '-'], {
      stdin: JSON.stringify({
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name, namespace: 'default' },
        stringData: { value },
      }),
    });

  beforeAll(async () => {
    await cli.ok(['init', 'cp1']);
    await cli.ok(['join', 'w1']);
    [cp1, w1] = [await lab.host('cp1'), await lab.host('w1')];
    ca = await on(cp1, 'cat /etc/kubernetes/pki/ca.crt');
  }, TWENTY_MINUTES);

  describe('the API server', () => {
    it.each([
      ['/livez', 200],
      ['/readyz', 200],
      [CLUSTER_INFO, 200],
      ['/api', 401],
      ['/version', 401],
      ['/api/v1/namespaces/kube-public/configmaps', 401],
    ])('answers who comes without credentials: %s %i', async (path, status) => {
      expect((await anonymous(cp1, path, ca)).status).toBe(status);
    });

    it('goes on answering the probes of the kubelet, which have none', async () => {
      await readyPods(cli, 1, '-n', 'kube-system', '-l', 'component=kube-apiserver');
    });

    it('writes an audit log that nobody else may read, with rotation, and without what is in Secrets', async () => {
      await secret('audited', 'canary-in-the-audit-log');
      const log = await eventually('the Secret in the audit log', async () => {
        const lines = await on(cp1, `grep '"secrets","namespace":"default","name":"audited"' ${AUDIT_LOG}`);
        return lines.split('\n')[0];
      });
      expect(JSON.parse(log)).toMatchObject({ level: 'Metadata', user: { username: 'kubernetes-admin' } });
      const canary = Buffer.from('canary-in-the-audit-log').toString('base64');
      expect((await shell(cp1, `grep -c ${canary} ${AUDIT_LOG}`)).stdout.trim()).toBe('0');
      expect(await on(cp1, `stat -c %a ${AUDIT_LOG} $(dirname ${AUDIT_LOG})`)).toBe('600\n700\n');
      const command = await on(cp1, 'tr "\\0" "\\n" </proc/$(pgrep -x kube-apiserver)/cmdline');
      for (const flag of ['maxage=30', 'maxbackup=10', 'maxsize=100']) {
        expect(command).toContain(`--audit-log-${flag}`);
      }
    });

    it('stores Secrets encrypted, with a key that is in one file for root alone', async () => {
      await secret('stored', 'canary-in-etcd');
      const value = await stored('stored');
      expect(value).toMatch(/^k8s:enc:secretbox:v1:key-[0-9a-f]{8}:/);
      expect(value).not.toContain('canary-in-etcd');
      const files = await on(
        cp1,
        'stat -c "%a %U %n" /etc/kubernetes/encryption /etc/kubernetes/encryption/*',
      );
      expect(files).toBe(
        '700 root /etc/kubernetes/encryption\n600 root /etc/kubernetes/encryption/config.yaml\n',
      );
    });

    it('stores them anew when that is changed, reads them all the time, and takes the same key again', async () => {
      const apply = async (encryptSecrets: string) => {
        const file = JSON.stringify({
          apiVersion: 'kubewright.dev/v1alpha1',
          kind: 'Cluster',
          metadata: { name: 'kubernetes' },
          spec: {
            hosts: [{ name: 'cp1', role: 'control-plane' }, { name: 'w1' }],
            security: { encryptSecrets },
          },
        });
        await cli.ok(['apply', '-f', '-'], { stdin: file });
      };
      const key = /key-[0-9a-f]{8}/.exec(await stored('stored'))?.[0];
      await apply('none');
      expect(await stored('stored')).toContain('canary-in-etcd');
      await apply('secretbox');
      expect(await stored('stored')).toMatch(new RegExp(`^k8s:enc:secretbox:v1:${key}:`));
      const read = await cli.json<{ data: { value: string } }>(['get', 'secret', 'stored', '-n', 'default']);
      expect(Buffer.from(read.data.value, 'base64').toString()).toBe('canary-in-etcd');
    });
  });

  describe('the kubelets', () => {
    it.each(['cp1', 'w1'])(
      "%s serves a certificate of the cluster's CA, for its name and address",
      async (name) => {
        const host = name === 'cp1' ? cp1 : w1;
        const { certificate, authorized } = await handshake(host, KUBELET, ca, 'TLSv1.3');
        expect(authorized).toBe(true);
        expect(certificate.subject).toMatchObject({ O: 'system:nodes', CN: `system:node:${name}` });
        expect(certificate.subjectaltname).toBe(`DNS:${name}, IP Address:${host.address}`);
      },
    );

    it('were given it before they started, so that none signed its own', async () => {
      for (const host of [cp1, w1]) {
        const pem = await on(host, 'cat /var/lib/kubelet/pki/kubelet.crt');
        expect(new X509Certificate(pem).verify(new X509Certificate(ca).publicKey)).toBe(true);
        expect(await on(host, 'stat -c %a /var/lib/kubelet/pki/kubelet.key')).toBe('600\n');
      }
    });

    it('that signed its own all the same is given one by join, and takes it without a restart', async () => {
      const issuer = async () => String((await handshake(w1, KUBELET, ca, 'TLSv1.3')).certificate.issuer.CN);
      await on(
        w1,
        'rm /var/lib/kubelet/pki/kubelet.crt /var/lib/kubelet/pki/kubelet.key && systemctl restart kubelet',
      );
      await eventually('a certificate that w1 signed itself', async () =>
        (await issuer()).startsWith('w1-ca@'),
      );
      const process = await on(w1, 'pgrep -x kubelet');
      const joined = await cli.json<{ hosts: { changed: number }[] }>(['join', 'w1']);
      expect(joined.hosts[0]?.changed).toBe(1);
      await eventually("a certificate of the cluster's CA", async () => (await issuer()) === 'kubernetes');
      expect(await on(w1, 'pgrep -x kubelet')).toBe(process);
    });

    it('still give logs and run commands', async () => {
      expect(await cli.ok(['logs', '-n', 'kube-system', 'kube-scheduler-cp1'])).toContain('Serving securely');
    });
  });

  describe('old protocols and profiles', () => {
    it.each([
      ['the API server', API_SERVER],
      ['the kubelet', KUBELET],
      ['etcd', 2379],
    ])('%s refuses TLS 1.1', async (_, port) => {
      await expect(handshake(cp1, port, ca, 'TLSv1.1')).rejects.toThrow();
    });

    it.each([
      ['the API server', API_SERVER],
      ['the kubelet', KUBELET],
    ])('%s refuses a cipher without authenticated encryption, and takes one with', async (_, port) => {
      await expect(handshake(cp1, port, ca, 'TLSv1.2', 'ECDHE-ECDSA-AES128-SHA')).rejects.toThrow();
      const good = await handshake(cp1, port, ca, 'TLSv1.2', 'ECDHE-ECDSA-AES128-GCM-SHA256');
      expect(good.authorized).toBe(true);
    });

    it.each([
      ['kube-apiserver', API_SERVER, '/debug/pprof/'],
      ['kube-controller-manager', 10257, '/debug/pprof/'],
      ['kube-scheduler', 10259, '/debug/pprof/'],
      ['kubelet', KUBELET, '/debug/pprof/'],
      ['kubelet', KUBELET, '/debug/flags/v'],
    ])('%s has no profiles for the administrator: %i%s', async (_, port, path) => {
      const script = `
        cert() { sed -n "s/.*$1: //p" /etc/kubernetes/super-admin.conf | base64 -d; }
        cd "$(mktemp -d)" && cert client-certificate-data >crt && (umask 077; cert client-key-data >key)
        method=GET; [ ${path} = /debug/flags/v ] && method=PUT
        curl -sk -X $method --cert crt --key key -o body -w '%{http_code}' https://localhost:${port}${path}; rm -r "$PWD"`;
      expect(['404', '405']).toContain(await on(cp1, script));
    });
  });

  it('changes nothing when it is run again', async () => {
    const again = await cli.json<{ changed: number }>(['init', 'cp1']);
    expect(again.changed).toBe(0);
  });

  it('reset leaves no log and no key', async () => {
    await cli.ok(['reset', 'w1', '--yes']);
    await cli.ok(['reset', 'cp1', '--yes']);
    expect(await on(cp1, 'ls -d /var/log/kubernetes /etc/kubernetes 2>/dev/null || true')).toBe('');
  });
});

function anonymous(host: LabHost, path: string, ca: string): Promise<{ status: number | undefined }> {
  return new Promise((resolve, reject) => {
    get({ host: host.address, port: API_SERVER, path, ca, agent: false }, (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    }).on('error', reject);
  });
}

function handshake(
  host: LabHost,
  port: number,
  ca: string,
  version: SecureVersion,
  ciphers = 'DEFAULT@SECLEVEL=0',
): Promise<{ authorized: boolean; certificate: PeerCertificate }> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: host.address,
      port,
      ca,
      ciphers,
      minVersion: version,
      maxVersion: version,
      rejectUnauthorized: false,
    });
    socket.on('secureConnect', () => {
      resolve({ authorized: socket.authorized, certificate: socket.getPeerCertificate() });
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
