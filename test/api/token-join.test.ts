import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import TokenCreate from '../../commands/token/create.ts';
import TokenDelete from '../../commands/token/delete.ts';
import TokenGenerate from '../../commands/token/generate.ts';
import TokenList from '../../commands/token/list.ts';
import { poll } from '../../src/base/wait.ts';
import { clusterByTicket } from '../../src/cluster/discovery/cluster.ts';
import type { JoinTicket } from '../../src/cluster/discovery/ticket.ts';
import { bootstrapObjects } from '../../src/cluster/manifests/bootstrap.ts';
import { parseBootstrapToken } from '../../src/cluster/manifests/bootstrap-token.ts';
import { objectTemplates } from '../../src/cluster/manifests/template.ts';
import { caCertHash } from '../../src/cluster/pki/hash.ts';
import type { ClusterPorts } from '../../src/cluster/ports.ts';
import { recordObject } from '../../src/cluster/record.ts';
import { applyObjects } from '../../src/kube/apply.ts';
import { createApiClient } from '../../src/kube/client.ts';
import type { ApiClient, KubeObject } from '../../src/kube/port.ts';
import { silent } from '../../src/output/events.ts';
import { runCommand } from '../fakes/cli.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { exampleSpec } from '../unit/cluster/example.ts';
import { findBinaries } from './support/binaries.ts';
import { startBootstrapSigner } from './support/bootstrap-signer.ts';
import { adminClient, plane, withControlPlane } from './support/plane.ts';

class ReachingHost extends FakeHost {
  override async tunnel(host: string, port: number): Promise<Duplex> {
    const socket = connect(port, host);
    await once(socket, 'connect');
    return socket;
  }
}

const { spec } = exampleSpec({ kubelet: { maxPods: 77 } });
const RECORD = '/api/v1/namespaces/kube-system/configmaps/kubewright-cluster';

withControlPlane('joining a real API server with nothing but a token', () => {
  let admin: ApiClient;
  let stop: () => Promise<void> = async () => undefined;

  beforeAll(async () => {
    admin = adminClient();
    const { ca, server } = plane();
    await put([
      ...bootstrapObjects(spec, { ca, server }),
      ...objectTemplates('addons/cluster-record-rbac.yaml'),
      recordObject(spec),
    ]);
    stop = await startBootstrapSigner();
  });
  afterAll(async () => {
    await stop();
    await admin?.close();
  });

  async function put(objects: KubeObject[]): Promise<void> {
    const manifests = objects.map((object) => ({ object, source: 'test', line: 1 }));
    const results = await applyObjects(admin, manifests, { fieldManager: 'test', force: true });
    expect(results.filter(({ error }) => error)).toEqual([]);
  }

  type Runnable = Parameters<typeof runCommand>[0];
  async function kubewright(command: Runnable, ...argv: string[]): Promise<string> {
    const run = await runCommand(command, argv, { env: { KUBECONFIG: plane().kubeconfig } });
    expect(run.failure).toBeUndefined();
    return run.stdout;
  }

  const createToken = async (...options: string[]) => (await kubewright(TokenCreate, ...options)).trim();

  function find(token: string, ticket: Partial<JoinTicket> = {}) {
    const { signal } = new AbortController();
    const apiClient: ClusterPorts['apiClient'] = (endpoint) => {
      const client = createApiClient(endpoint, { env: {} });
      onTestFinished(() => client.close());
      return client;
    };
    const pinned = { caCertHashes: [caCertHash(plane().ca)], unsafeSkipCaVerification: false };
    const server = new URL(plane().server).host;
    return clusterByTicket(
      { apiClient, reporter: silent, signal } as ClusterPorts,
      { server, token, ...pinned, discoveryMs: 20_000, ...ticket },
      new ReachingHost('w1'),
    );
  }

  test('the record and the CA are found, and the token may read what a node needs and nothing else', async () => {
    const cluster = await find(await createToken());
    expect(cluster).toMatchObject({ spec, recorded: true, administrator: false });
    expect(cluster.ca.trim()).toBe(plane().ca.trim());
    const status = (path: string) =>
      cluster.api!.request({ path }).then(
        ({ status }) => status,
        (error) => error.httpStatus,
      );
    expect(await status('/api/v1/nodes/w1')).toBe(404);
    expect(await status(RECORD)).toBe(200);
    expect(await status('/api/v1/namespaces/kube-system/configmaps')).toBe(403);
    expect(await status('/api/v1/namespaces/kube-system/secrets')).toBe(403);
  });

  test("a cluster without a record is read from kubeadm's configuration, as it could be kubeadm's own", async () => {
    const token = await createToken();
    await admin.request({ method: 'DELETE', path: RECORD });
    onTestFinished(() => put([recordObject(spec)]));
    const { spec: found, recorded } = await find(token);
    expect(recorded).toBe(false);
    const { hostname, port } = new URL(plane().server);
    expect(found).toMatchObject({
      name: spec.name,
      kubernetesVersion: spec.kubernetesVersion,
      imageRepository: spec.imageRepository,
      networking: { ...spec.networking, cni: 'none' },
      endpoint: { name: hostname, port: Number(port) },
      hosts: [],
    });
    expect(found.kubelet).toMatchObject({ maxPods: 77, clusterDNS: ['10.96.0.10'] });
  });

  test('B35: a token that was never there, that was deleted, or that was typed wrong', async () => {
    await expect(find('aaaaaa.0123456789abcdef', { discoveryMs: 0 })).rejects.toMatchObject({
      code: 'TokenUnknown',
      hint: expect.stringContaining('kubewright token create --print-join-command'),
    });
    const token = await createToken();
    await find(token);
    const wrong = `${token.slice(0, -1)}${token.endsWith('a') ? 'b' : 'a'}`;
    await expect(find(wrong)).rejects.toMatchObject({ code: 'ClusterInfoNotSigned' });
    expect(await kubewright(TokenDelete, token)).toBe(`bootstrap token "${token.slice(0, 6)}" deleted\n`);
    const gone = await poll({ intervalMs: 200, timeoutMs: 20_000 }, () =>
      find(token, { discoveryMs: 0 }).then(
        () => undefined,
        (error) => error,
      ),
    );
    expect(gone).toMatchObject({ code: 'TokenUnknown' });
  });

  test('B35: a token that expires is removed, and its signature with it', async () => {
    const token = await createToken('--ttl', '3s');
    await find(token);
    const gone = await poll({ intervalMs: 200, timeoutMs: 30_000 }, async () => {
      const failed = await find(token, { discoveryMs: 0 }).catch((error) => error);
      return failed.code === 'TokenUnknown' ? failed : undefined;
    });
    expect(gone).toBeDefined();
  });

  test('a token for signing alone is no login; one of other groups may not read the configuration', async () => {
    const signing = await createToken('--usages', 'signing');
    await expect(find(signing)).rejects.toMatchObject({ code: 'TokenRefused' });
    const stranger = await createToken('--groups', 'system:bootstrappers:strangers');
    await expect(find(stranger)).rejects.toMatchObject({ code: 'TokenLacksRights' });
  });

  test('B36: another CA is named by its hash, and the one that was asked for too', async () => {
    const other = caCertHash(plane().stranger.ca);
    await expect(find(await createToken(), { caCertHashes: [other] })).rejects.toMatchObject({
      code: 'CaNotPinned',
      message: expect.stringMatching(new RegExp(`${caCertHash(plane().ca)}, not ${other}`)),
    });
  });

  describe('the commands are those of kubeadm', async () => {
    const { kubeadm } = await findBinaries(['kubeadm']);
    const real = (...argv: string[]) =>
      execFileSync(kubeadm!, ['token', ...argv, '--kubeconfig', plane().kubeconfig], { encoding: 'utf8' });

    test('a token that is there is refused, and so is what is none', async () => {
      const token = await createToken();
      const argv = ['--kubeconfig', plane().kubeconfig];
      const again = await runCommand(TokenCreate, [token, ...argv]);
      expect(again.failure).toMatchObject({ code: 'TokenExists', exit: 1 });
      const short = await runCommand(TokenCreate, ['abcdef.0123', ...argv]);
      expect(short.failure).toMatchObject({ code: 'InvalidToken', exit: 23 });
      const missing = await runCommand(TokenDelete, ['zzzzzz', ...argv]);
      expect(missing.failure).toMatchObject({ code: 'TokenNotFound', exit: 1 });
      const generated = (await kubewright(TokenGenerate)).trim();
      expect(parseBootstrapToken(generated)).toBeDefined();
      expect(await kubewright(TokenList)).not.toContain(generated);
    });

    test.skipIf(!kubeadm)('lists are the same, letter by letter', async () => {
      for (const { token } of await listed()) await kubewright(TokenDelete, token);
      await createToken('aaaaaa.0123456789abcdef', '--ttl', '100h', '--description', 'for rack 7');
      await createToken('bbbbbb.0123456789abcdef', '--ttl', '0', '--usages', 'signing', '--groups', '');
      real('create', 'cccccc.0123456789abcdef', '--ttl', '200h', '--groups', 'system:bootstrappers:x');
      const long = 'a description that is longer than the column that kubeadm has for it, by some words';
      await createToken('dddddd.0123456789abcdef', '--ttl', '9000h', '--description', long);
      expect(await kubewright(TokenList)).toBe(real('list'));
      expect(await kubewright(TokenList, '-o', 'json')).toBe(real('list', '-o', 'json'));
      expect(await listed()).toHaveLength(4);
    });

    test.skipIf(!kubeadm)('the Secret and the command that joins are the same', async () => {
      const token = 'eeeeee.0123456789abcdef';
      const secret = async () => {
        const path = '/api/v1/namespaces/kube-system/secrets/bootstrap-token-eeeeee';
        const { body } = await admin.request<KubeObject & { data: Record<string, string> }>({ path });
        return { ...body.data, expiration: '', type: body.type };
      };
      const theirs = real('create', token, '--print-join-command').trim();
      const before = await secret();
      real('delete', token);
      const ours = await createToken(token, '--print-join-command', '--kubeadm');
      expect(ours).toBe(theirs);
      expect(await secret()).toEqual(before);
      await kubewright(TokenDelete, 'eeeeee');
      const own = await createToken(token, '--print-join-command');
      expect(own).toBe(theirs.replace(/^kubeadm/, 'kubewright'));
    });

    async function listed(): Promise<{ token: string }[]> {
      const text = await kubewright(TokenList, '-o', 'json');
      return text === '' ? [] : (JSON.parse(`[${text.replaceAll(/\}\n\{/g, '},{')}]`) as { token: string }[]);
    }
  });
});
