import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ApplyResult, applyObjects } from '../../../src/kube/apply.ts';
import { getOne } from '../../../src/kube/objects.ts';
import type { ApiClient, KubeObject } from '../../../src/kube/port.ts';
import { findType } from '../../../src/kube/types.ts';
import { readManifests } from '../../../src/kube/yaml.ts';
import { allocate } from '../support/allocated-address.ts';
import { adminClient, freshNamespace, plane, withControlPlane } from '../support/plane.ts';

withControlPlane('apply', () => {
  let client: ApiClient;
  beforeAll(() => {
    client = adminClient();
  });
  afterAll(() => client.close());

  const apply = (text: string, options = {}) =>
    applyObjects(client, readManifests(text, 'app.yaml'), options);
  const outcomes = (results: ApplyResult[]) => results.map(({ outcome, error }) => error?.message ?? outcome);
  const configMap = (ns: string, name: string, data: object) =>
    JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: ns }, data });
  const live = async (ns: string, name: string): Promise<KubeObject> =>
    getOne(client, findType(await client.discovery(), 'configmaps'), name, ns);

  test('created, configured, unchanged; a field left out is removed', async () => {
    const ns = await freshNamespace(client);
    expect(outcomes(await apply(configMap(ns, 'a', { x: '1', y: '2' })))).toEqual(['created']);
    expect(outcomes(await apply(configMap(ns, 'a', { x: '1', y: '2' })))).toEqual(['unchanged']);
    expect(outcomes(await apply(configMap(ns, 'a', { x: '2' })))).toEqual(['configured']);
    expect((await live(ns, 'a')).data).toEqual({ x: '2' });
  });

  describe('a Service whose address is allocated already', () => {
    const service = (ns: string, address: string) =>
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'dns', namespace: ns },
        spec: { clusterIP: address, clusterIPs: [address], ports: [{ port: 53 }] },
      });

    test('by a creation of this very Service that was cut off is made all the same', async () => {
      const ns = await freshNamespace(client);
      const address = '10.96.0.77';
      await allocate(client, address, ns, 'dns');
      expect(outcomes(await apply(service(ns, address)))).toEqual(['created']);
      expect(outcomes(await apply(service(ns, address)))).toEqual(['unchanged']);
    });

    test('to another Service is refused, and the other keeps it', async () => {
      const ns = await freshNamespace(client);
      const address = '10.96.0.78';
      const other = await freshNamespace(client);
      expect(outcomes(await apply(service(other, address)))).toEqual(['created']);
      expect(outcomes(await apply(service(ns, address)))).toEqual([
        expect.stringContaining('already allocated'),
      ]);
      expect(outcomes(await apply(service(other, address)))).toEqual(['unchanged']);
    });
  });

  test('many of one type, listed at once, are told apart just so', async () => {
    const ns = await freshNamespace(client);
    const many = (value: string) =>
      Array.from({ length: 20 }, (_, i) => configMap(ns, `m${i}`, { v: i < 10 ? '0' : value })).join('\n');
    expect(new Set(outcomes(await apply(many('1'))))).toEqual(new Set(['created']));
    const again = outcomes(await apply(many('2')));
    expect(again).toEqual([...Array(10).fill('unchanged'), ...Array(10).fill('configured')]);
  });

  test('a definition, its object, and their namespace in one run, in any order', async () => {
    const group = `t${Date.now()}.example.com`;
    const text = `
apiVersion: ${group}/v1
kind: Widget
metadata: {name: w, namespace: ns-${group.split('.')[0]}}
spec: {size: 9007199254740993}
---
apiVersion: v1
kind: Namespace
metadata: {name: ns-${group.split('.')[0]}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties: {size: {type: integer, format: int64}}
`;
    expect(outcomes(await apply(text, { dryRun: true }))).toEqual(['skipped', 'created', 'created']);
    const results = await apply(text);
    expect(outcomes(results)).toEqual(['created', 'created', 'created']);
    expect(results[0]?.object?.spec).toEqual({ size: 9007199254740993n });
    expect(outcomes(await apply(text))).toEqual(['unchanged', 'unchanged', 'unchanged']);
  });

  test('every failure is reported, with file, line and the words of the server', async () => {
    const ns = await freshNamespace(client);
    const text = [
      configMap(ns, 'good', {}),
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typo, namespace: ${ns}}\ndatta: {a: b}`,
      'apiVersion: example.com/v1\nkind: Nothing\nmetadata: {name: x}',
      `apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: x, namespace: ${ns}}`,
      configMap('no-such-namespace', 'x', {}),
    ].join('\n---\n');
    const results = await apply(text);
    expect(outcomes(results)).toEqual([
      'created',
      expect.stringMatching(/^app\.yaml:3: ConfigMap "typo": .*\.datta: field not declared in schema/),
      'app.yaml:8: Nothing "x": the API server has no type Nothing in example.com/v1',
      expect.stringMatching(/^app\.yaml:12: ConfigMap "x": apply needs metadata\.name/),
      'app.yaml:16: ConfigMap "x": namespaces "no-such-namespace" not found',
    ]);
  });

  test('a conflict names field and manager, and force takes it', async () => {
    const ns = await freshNamespace(client);
    await apply(configMap(ns, 'a', { x: '1' }), { fieldManager: 'someone' });
    const [result] = await apply(configMap(ns, 'a', { x: '2' }));
    expect(result?.error?.code).toBe('Conflict');
    expect(result?.error?.evidence).toBe('.data.x: conflict with "someone"');
    expect(result?.error?.hint).toContain('--force-conflicts');
    expect((await live(ns, 'a')).data).toEqual({ x: '1' });
    expect(outcomes(await apply(configMap(ns, 'a', { x: '2' }), { force: true }))).toEqual(['configured']);
  });

  test('a dry run keeps nothing and still tells what would change', async () => {
    const ns = await freshNamespace(client);
    await apply(configMap(ns, 'a', { x: '1' }));
    const text = [configMap(ns, 'a', { x: '1' }), configMap(ns, 'b', {})].join('\n');
    expect(outcomes(await apply(text, { dryRun: true }))).toEqual(['unchanged', 'created']);
    expect(outcomes(await apply(configMap(ns, 'a', { x: '2' }), { dryRun: true }))).toEqual(['configured']);
    expect((await live(ns, 'a')).data).toEqual({ x: '1' });
  });

  test('the callback hears of each as it is done', async () => {
    const ns = await freshNamespace(client);
    const heard: string[] = [];
    await apply([configMap(ns, 'a', {}), configMap(ns, 'b', {})].join('\n'), {
      onResult: ({ manifest }: ApplyResult) => heard.push(manifest.object.metadata.name!),
    });
    expect(heard.sort()).toEqual(['a', 'b']);
  });

  test.each([
    ['on the client side', []],
    ['on the server side', ['--server-side']],
  ])('what kubectl applied %s is taken over', async (_how, flags) => {
    const { kubectl, kubeconfig } = plane();
    if (!kubectl) expect.fail('kubectl is missing from the artifact cache');
    const folder = mkdtempSync(join(tmpdir(), 'kubectl-'));
    const file = join(folder, 'a.json');
    const ns = await freshNamespace(client);
    const byKubectl = (data: object) => {
      writeFileSync(file, configMap(ns, 'a', data));
      execFileSync(kubectl, ['apply', ...flags, '-f', file], {
        env: { KUBECONFIG: kubeconfig, HOME: folder, PATH: process.env.PATH },
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    };
    try {
      byKubectl({ keep: '1', change: '1', drop: '1' });
      const text = configMap(ns, 'a', { keep: '1', change: '2' });
      expect(outcomes(await apply(text, { dryRun: true }))).toEqual(['configured']);
      expect(outcomes(await apply(text))).toEqual(['configured']);
      const { data, metadata } = await live(ns, 'a');
      expect(data).toEqual({ keep: '1', change: '2' });
      expect(metadata.annotations ?? {}).toEqual({});
      const managers = (metadata.managedFields as { manager: string; operation: string }[]).map((e) => [
        e.manager,
        e.operation,
      ]);
      expect(managers).toEqual([['kubewright', 'Apply']]);
      expect(outcomes(await apply(text))).toEqual(['unchanged']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
