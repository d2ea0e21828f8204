import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiClient } from '../../src/kube/port.ts';
import { expectSame, kubectl, kubewright } from './support/kubectl.ts';
import { adminClient, freshNamespace, plane, withControlPlane } from './support/plane.ts';

const WEB = `apiVersion: v1
kind: ConfigMap
metadata:
  name: a
  labels: {app: web, "example.com/x": "1"}
data:
  "10": ten
  "9": "<b>&amp; é"
  multi: |
    a
    b
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: x}, {name: longer-name, image: registry.example/y}]}
`;
const SECRET = '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"s"},"stringData":{"k":"v"}}';
const configMap = (name: string) =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {n: "${name}"}\n`;

withControlPlane('objects, as kubectl shows them', () => {
  let folder = '';
  let client: ApiClient;
  let ns = '';

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubewright-objects-'));
    client = adminClient();
    ns = await freshNamespace(client);
    mkdirSync(join(folder, 'web', 'inner'), { recursive: true });
    writeFileSync(join(folder, 'web', 'a.yaml'), WEB);
    writeFileSync(join(folder, 'web', 'b.json'), SECRET);
    writeFileSync(join(folder, 'web', 'notes.txt'), 'not: [a manifest');
    writeFileSync(join(folder, 'web', 'inner', 'c.yml'), configMap('inner'));
    for (const name of ['x', 'y']) writeFileSync(join(folder, `${name}.yaml`), configMap(name));
    expect(kubectl(['apply', '--server-side', '-n', ns, '-f', join(folder, 'web')]).exit).toBe(0);
    // No controller makes it here.
    const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default' } };
    await client.request({ method: 'POST', path: `/api/v1/namespaces/${ns}/serviceaccounts`, body: account });
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', annotations: { esc: '\u001b[31mred\r' } },
      spec: { containers: [{ name: 'c', image: 'x' }] },
    };
    await client.request({ method: 'POST', path: `/api/v1/namespaces/${ns}/pods`, body: pod });
  });

  afterAll(async () => {
    await client.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const GET = [
    'cm',
    'cm a -o json',
    'cm a -o yaml',
    'cm a -o name',
    'cm a -o yaml --show-managed-fields',
    'cm a -o json --show-managed-fields',
    'cm -o json',
    'cm -o yaml',
    'cm -o name',
    'cm,secret,deploy',
    'cm,secret,deploy --no-headers',
    'cm,secret -o name',
    'all',
    'all -o name',
    'deploy web -o wide --show-labels',
    'cm -L app,example.com/x',
    'cm -L app --no-headers',
    'cm --show-kind',
    'cm -A',
    'cm,deploy -A',
    'cm --sort-by=.metadata.name',
    'cm --sort-by={.metadata.creationTimestamp} -o name',
    'cm --sort-by=.nope',
    'cm -o jsonpath={.items[*].metadata.name}',
    'cm a -o jsonpath={.data}',
    'cm a -o jsonpath={.}',
    'cm a -o jsonpath={.nope}',
    'cm a -o jsonpath={.nope} --allow-missing-template-keys=false',
    'cm a -o jsonpath={.metadata.labels.example\\.com/x}',
    "cm a -o jsonpath={.metadata['name','namespace']}",
    'cm a -o jsonpath-as-json={.metadata.labels}',
    'cm a -o jsonpath=plain.text',
    'cm a -o jsonpath={.items[0]',
    'cm a -o jsonpath={nope}',
    'deploy -o jsonpath={range.items[*]}{.metadata.name}{"\\t"}{.spec.replicas}{"\\n"}{end}',
    'deploy web -o jsonpath={.spec.template.spec.containers[?(@.name=="c")].image}',
    'deploy web -o jsonpath={.spec.template.spec.containers[-1:].name}',
    'deploy web -o jsonpath={.spec.template.spec.containers[0:2].name}',
    'deploy web -o jsonpath={.spec.template.spec.containers[7].name}',
    'deploy web -o jsonpath={..image}',
    'deploy -o custom-columns=N:.metadata.name,R:.spec.replicas,L:.metadata.labels,X:.nope',
    'pods -o custom-columns=N:.metadata.name,E:.metadata.annotations.esc,C:.spec.containers',
    'cm -o custom-columns=N:.metadata.name --no-headers',
    'cm -o custom-columns=N',
    'cm -o nonsense',
    'cm a nope',
    'cm nope',
    'cm nope -o json',
    'cm a nope -o json',
    'cm nope --ignore-not-found',
    'cm nope --ignore-not-found -o yaml',
    'nope',
    'nope.example.com',
    'cm/a/b',
    'cm/a cm',
    'cm a -l app=web',
    'cm a -A',
    'cm/a deploy/web',
    'cm,deploy a web',
    'ConfigMap',
    'configmap a',
    'deployments.apps -o name',
    'deployments.v1.apps -o name',
    'statefulsets',
    'statefulsets -o yaml',
    'cm -l app=web -o name',
    'cm -l nope=1',
    'cm --field-selector metadata.name=a',
    'deploy web --subresource=status',
    'clusterroles',
    'apiservices',
    'ns default',
    'crd',
    'events -A',
    'svc kubernetes -n default -o wide',
    'cm --chunk-size=1 -n kube-system -o name',
  ];

  it.each(GET)('get %s', async (line) => {
    const words = line.split(' ');
    await expectSame(['get', ...words, ...(words.includes('-n') ? [] : ['-n', ns])]);
  });

  it.each([['web'], ['web', '-R'], ['web/b.json', '-o', 'yaml'], ['web', '-o', 'name']])(
    'get -f %s',
    (path, ...more) =>
      expectSame(
        ['get', '-n', ns, '-f', join(folder, path!), ...more].filter((word) => word !== 'web/inner'),
      ),
  );
});
