import { expect, it } from 'vitest';
import { mergedRecord } from '../../../../src/cluster/record.ts';
import { objectsStep } from '../../../../src/cluster/steps/objects.ts';
import { runPhases } from '../../../../src/engine/runner.ts';
import { Timeline } from '../../../../src/engine/timeline.ts';
import type { ApiClient } from '../../../../src/kube/port.ts';
import { silent } from '../../../../src/output/events.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

// It said that it still waits for the API server, and that earlier phases have to run first.
it('a record in the cluster that somebody has damaged is told as that, not as an API server that does not answer', async () => {
  const { spec } = exampleSpec();
  const damaged = {
    data: {
      'cluster.yaml':
        'apiVersion: kubewright.dev/v1alpha1\nkind: Cluster\nmetadata: {name: c}\nspec: {networking: {podSubnet: nonsense}}\n',
    },
  };
  const api = { request: async () => ({ body: damaged }) } as unknown as ApiClient;
  const step = objectsStep(
    'objects',
    async () => api,
    async (client) => [await mergedRecord(client, spec)],
  );
  const phase = { name: 'upload-config', title: '', after: [], steps: () => [step] };
  const { signal } = new AbortController();
  const common = { host: new FakeHost(), context: {}, timeline: new Timeline(), reporter: silent, signal };
  await expect(runPhases({ ...common, phases: [phase] })).rejects.toMatchObject({
    code: 'StepNotReady',
    message: expect.stringContaining('podSubnet'),
    hint: expect.not.stringContaining('Run the phases before it first'),
  });
});
