import { afterAll, beforeAll, expect, it } from 'vitest';
import { cordon, evictAll, evictablePods } from '../../src/cluster/declared/drain.ts';
import type { ApiClient, KubeObject } from '../../src/kube/port.ts';
import { silent } from '../../src/output/events.ts';
import { adminClient, freshNamespace, withControlPlane } from './support/plane.ts';

withControlPlane('a node that is drained', () => {
  let client: ApiClient;
  let ns: string;
  const around = { reporter: silent, signal: new AbortController().signal };
  const post = (path: string, body: object) => client.request({ method: 'POST', path, body });

  beforeAll(async () => {
    client = adminClient();
    ns = await freshNamespace(client);
    await post('/api/v1/nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'going' } });
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    await post(`/api/v1/namespaces/${ns}/serviceaccounts`, account);
  });
  afterAll(() => client?.close());

  /** It is gone as soon as it is deleted: no kubelet is there to end it. */
  const pod = (name: string, metadata: object = {}) =>
    post(`/api/v1/namespaces/${ns}/pods`, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, ...metadata },
      spec: {
        nodeName: 'going',
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'c', image: 'x' }],
      },
    });
  const names = async () =>
    (await evictablePods(client, 'going')).map(({ metadata }) => metadata.name).sort();

  it('keeps the pods of DaemonSets, takes no new ones, and is empty of all others', async () => {
    const owner = { apiVersion: 'apps/v1', kind: 'DaemonSet', name: 'd', uid: 'u', controller: true };
    await pod('web');
    await pod('agent', { ownerReferences: [owner] });
    expect(await names()).toEqual(['web']);
    await cordon(client, 'going');
    const { body } = await client.request<KubeObject>({ path: '/api/v1/nodes/going' });
    expect(body.spec).toMatchObject({ unschedulable: true });
    await evictAll(around, client, 'going', 20_000);
    expect(await names()).toEqual([]);
    const agent = await client.request({ path: `/api/v1/namespaces/${ns}/pods/agent` });
    expect(agent.status).toBe(200);
  });

  it('names what a disruption budget keeps, with the words of the server', async () => {
    await post(`/apis/policy/v1/namespaces/${ns}/poddisruptionbudgets`, {
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'all-of-them' },
      spec: { minAvailable: 1, selector: { matchLabels: { app: 'precious' } } },
    });
    await pod('precious', { labels: { app: 'precious' } });
    // Budgets say nothing of a pod that does not run.
    await client.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${ns}/pods/precious/status`,
      contentType: 'application/merge-patch+json',
      body: { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } },
    });
    await pod('cheap');
    await expect(evictAll(around, client, 'going', 2500)).rejects.toMatchObject({
      code: 'DisruptionBudget',
      message: expect.stringContaining(`1 pods were still on going`),
      evidence: expect.stringMatching(
        /precious: Cannot evict pod as it would violate the pod's disruption budget\. The disruption budget all-of-them /,
      ),
    });
    expect(await names()).toEqual(['precious']);
  });

  it('needs none of it where it is not there', async () => {
    await cordon(client, 'never-was');
    await evictAll(around, client, 'never-was', 1000);
  });
});
