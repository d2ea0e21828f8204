import { afterAll, beforeAll, expect, test } from 'vitest';
import { applyObjects } from '../../../src/kube/apply.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import { listAll } from '../../../src/kube/objects.ts';
import { findType } from '../../../src/kube/types.ts';
import { readManifests } from '../../../src/kube/yaml.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane.ts';
import { plane, withControlPlane } from '../support/plane.ts';

withControlPlane('an API server that restarts', () => {
  let own: ControlPlane;
  beforeAll(async () => {
    own = await startControlPlane(plane().binaries);
  });
  afterAll(() => own?.stop());

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'by %s in the middle of 200 applies: all arrive, once',
    async (signal) => {
      const client = createApiClient(own.endpoint(), { env: {} });
      const names = Array.from({ length: 200 }, (_, i) => `${signal.toLowerCase()}-${i}`);
      const text = names
        .map((name) =>
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name },
            data: { blob: 'x'.repeat(20_000) },
          }),
        )
        .join('\n');
      const type = findType(await client.discovery(), 'configmaps');
      let done = 0;
      let restarted: Promise<void> | undefined;
      const results = await applyObjects(client, readManifests(text, 'many.json'), {
        onResult: () => {
          if (++done === 40) restarted = own.stopApiServer(signal).then(() => own.startApiServer());
        },
      });
      await restarted;
      const failed = results.filter(({ outcome }) => outcome === 'failed');
      expect(failed.map(({ error }) => error?.message)).toEqual([]);
      const { items } = await listAll(client, type, { namespace: 'default' });
      const there = items.filter(({ metadata }) => metadata.name?.startsWith(signal.toLowerCase()));
      expect(there).toHaveLength(200);
      const again = await applyObjects(client, readManifests(text, 'many.json'));
      expect(new Set(again.map(({ outcome }) => outcome))).toEqual(new Set(['unchanged']));
      await client.close();
    },
  );
});
