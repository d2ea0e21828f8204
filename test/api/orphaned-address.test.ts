import { afterAll, beforeAll, expect, it } from 'vitest';
import { objectsStep } from '../../src/cluster/steps/objects.ts';
import { runPhases } from '../../src/engine/runner.ts';
import { Timeline } from '../../src/engine/timeline.ts';
import type { ApiClient, KubeObject } from '../../src/kube/port.ts';
import { silent } from '../../src/output/events.ts';
import { FakeHost } from '../fakes/fake-host.ts';
import { allocate } from './support/allocated-address.ts';
import { adminClient, freshNamespace, withControlPlane } from './support/plane.ts';

withControlPlane('the address of a Service that a killed run was about to make', () => {
  let client: ApiClient;
  let namespace = '';
  const service = (name: string, clusterIP: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: {
      clusterIP,
      selector: { app: name },
      ports: [{ name: 'dns', port: 53, protocol: 'UDP', targetPort: 53 }],
    },
  });
  const make = (object: KubeObject) => {
    const step = objectsStep(
      'objects',
      async () => client,
      () => [object],
    );
    const phase = { name: 'addon', title: '', after: [], steps: () => [step] };
    const { signal } = new AbortController();
    const common = { host: new FakeHost(), context: {}, timeline: new Timeline(), reporter: silent, signal };
    return runPhases({ ...common, phases: [phase] });
  };

  beforeAll(async () => {
    client = adminClient();
    namespace = await freshNamespace(client);
  });
  afterAll(() => client?.close());

  // The same command again was refused for a minute: "provided IP is already allocated".
  it('is free for it again: what was reserved for this very Service, which is not there, goes', async () => {
    await allocate(client, '10.96.200.10', namespace, 'dns');
    await make(service('dns', '10.96.200.10'));
    const { body } = await client.request<KubeObject>({
      path: `/api/v1/namespaces/${namespace}/services/dns`,
    });
    expect(body.spec).toMatchObject({ clusterIP: '10.96.200.10' });
  });

  it('stays with another one that has it, or waits for it', async () => {
    await allocate(client, '10.96.200.11', namespace, 'other');
    for (const address of ['10.96.200.10', '10.96.200.11']) {
      await expect(make(service('late', address))).rejects.toMatchObject({
        message: expect.stringContaining('already allocated'),
        exit: 17,
      });
    }
  });
});
