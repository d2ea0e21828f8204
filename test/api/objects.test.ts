import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sleep } from '../../src/base/wait.ts';
import type { ApiClient } from '../../src/kube/port.ts';
import { expectSame, kubectl, kubewright } from './support/kubectl.ts';
import { adminClient, freshNamespace, withControlPlane } from './support/plane.ts';

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

/** While something else is already waiting for it. */
const later = (work: () => Promise<unknown>): Promise<unknown> => sleep(300).then(work);

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
    for (const name of ['x', 'z']) writeFileSync(join(folder, `${name}.yaml`), configMap(name));
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

  const verbs = (args: string[]) => [...args, '-n', ns];
  const file = (name: string) => join(folder, name);

  it('apply and delete say what kubectl says', async () => {
    for (const args of [
      ['apply', '--server-side', '-f', file('x.yaml'), '-f', file('z.yaml')],
      ['apply', '--server-side', '-f', file('x.yaml'), '--dry-run=server'],
      ['apply', '--server-side', '-f', file('x.yaml'), '-o', 'name'],
      ['delete', '-f', file('x.yaml'), '--dry-run=client'],
      ['delete', 'cm', 'x', '--dry-run=server'],
      ['delete', 'cm', 'nope'],
      ['delete', 'cm', 'nope', '--ignore-not-found'],
      ['delete', 'cm', '-l', 'nope=1'],
      ['delete', 'cm'],
      ['delete', 'nope', 'x'],
      ['delete', 'cm', '--all', '-l', 'a=b'],
      ['delete', 'cm', 'x', '--now', '--grace-period=3'],
    ])
      await expectSame(verbs(args));
    for (const args of [
      ['delete', '-f', file('x.yaml'), '-f', file('z.yaml')],
      ['delete', 'cm/x', 'cm/z', '-o', 'name'],
      ['delete', 'cm', 'x', 'z', '--force'],
      ['delete', 'cm', 'x', 'z', '--wait=false'],
    ]) {
      const made = ['apply', '--server-side', '-f', file('x.yaml'), '-f', file('z.yaml')];
      expect(kubectl(verbs(made)).exit).toBe(0);
      const theirs = kubectl(verbs(args));
      expect((await kubewright(verbs(made))).exit).toBe(0);
      const ours = await kubewright(verbs(args));
      expect({ args, out: ours.stdout, exit: ours.exit }).toEqual({ args, out: theirs.stdout, exit: 0 });
    }
  });

  it('wait says what kubectl says', async () => {
    for (const args of [
      ['wait', 'cm/a', '--for=jsonpath={.data.10}=ten'],
      ['wait', 'cm/a', '--for=jsonpath={.data.nope}', '--timeout=0'],
      ['wait', 'cm/a', '--for=jsonpath={.data}=x', '--timeout=1s'],
      ['wait', 'cm/a', '--for=create', '--for=jsonpath={.kind}=ConfigMap'],
      ['wait', 'cm/nope', '--for=delete'],
      ['wait', 'cm/nope', '--for=condition=Ready'],
      ['wait', 'cm/a', '--for=condition=Ready', '--timeout=1s'],
      ['wait', 'cm/a', '--for=nonsense'],
      ['wait', 'cm', '-l', 'nope=1', '--for=create', '--timeout=1s'],
      ['wait', 'cm', '-l', 'nope=1', '--for=condition=Ready', '--timeout=1s'],
      ['wait', 'cm', '-l', 'app=web', '--for=jsonpath={.kind}=ConfigMap', '-o', 'name'],
    ])
      await expectSame(verbs(args));
  });

  it('wait --for=condition ignores what was said of an older generation', async () => {
    const status = async (observedGeneration: number) => {
      const path = `/apis/apps/v1/namespaces/${ns}/deployments/web/status`;
      const conditions = [{ type: 'Available', status: 'True', reason: 'Test', message: '' }];
      const body = { status: { observedGeneration, conditions } };
      await client.request({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body });
    };
    await status(0);
    const waiting = kubewright(verbs(['wait', 'deploy/web', '--for=condition=Available', '--timeout=20s']));
    const changed = later(() => status(1));
    expect(await waiting).toMatchObject({ exit: 0, stdout: 'deployment.apps/web condition met\n' });
    await changed;
    await expectSame(verbs(['wait', 'deploy/web', '--for=condition=available=true']));
  });

  it('deletes many objects at once, and waits for the one that a finalizer holds', async () => {
    const many = Array.from({ length: 60 }, (_, i) => configMap(`many-${i}`)).join('---\n');
    expect((await kubewright(verbs(['apply', '-f', '-']), many)).stdout.split('\n')).toHaveLength(61);
    const path = `/api/v1/namespaces/${ns}/configmaps/many-7`;
    const patch = (finalizers: string[]) =>
      client.request({
        method: 'PATCH',
        path,
        contentType: 'application/merge-patch+json',
        body: { metadata: { finalizers } },
      });
    await patch(['example.com/hold']);
    const late = await kubewright(verbs(['delete', 'cm', 'many-7', '--timeout=1s']));
    expect(late).toMatchObject({ exit: 1 });
    expect(late.failure?.message).toBe('timed out waiting for the condition on configmaps/many-7');
    const released = later(() => patch([]));
    const gone = await kubewright(verbs(['delete', '-f', '-']), many);
    await released;
    expect(gone.exit).toBe(0);
    expect(gone.stdout.split('\n')[0]).toBe(`configmap "many-0" deleted from ${ns} namespace`);
    expect((await kubewright(verbs(['get', 'cm', '-o', 'name']))).stdout).not.toContain('many');
  });

  it('shows every refusal of an apply with file and line, and applies the rest', async () => {
    const wrong = [
      configMap('good'),
      'apiVersion: v1\nkind: Nonsense\nmetadata: {name: none}\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Bad_Name}\n',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: typo}\ndatta: {}\n',
    ];
    const run = await kubewright(verbs(['apply', '-f', '-']), wrong.join('---\n'));
    expect(run).toMatchObject({ exit: 1, stdout: 'configmap/good serverside-applied\n' });
    const messages = run.failure?.also?.map(({ message }) => message) ?? [];
    expect(messages).toHaveLength(3);
    expect(messages[0]).toMatch(/^-:6: Nonsense "none": /);
    expect(messages[1]).toMatch(/^-:10: ConfigMap "Bad_Name": .*Invalid value/);
    expect(messages[2]).toMatch(
      /^-:14: ConfigMap "typo": .*unknown field "datta"|field not declared in schema/,
    );
  });

  it('apply refuses what it cannot do, before it does anything', async () => {
    const refuse = async (args: string[], stdin: string) => (await kubewright(verbs(args), stdin)).failure;
    expect(await refuse(['apply', '-f', '-'], 'a: [b')).toMatchObject({ exit: 23 });
    expect(await refuse(['apply', '-f', '-'], '# nothing\n')).toMatchObject({
      exit: 23,
      message: 'no objects passed to apply',
    });
    expect(await refuse(['apply', '-f', file('nope.yaml')], '')).toMatchObject({ exit: 23 });
    expect(await refuse(['apply', '-f', '-', '-f', '-'], '')).toMatchObject({ exit: 1 });
    expect(await refuse(['apply', '-f', '-', '--server-side=false'], configMap('x'))).toMatchObject({
      exit: 1,
    });
    const elsewhere = configMap('x').replace('{name: x}', '{name: x, namespace: other}');
    expect((await refuse(['apply', '-f', '-'], elsewhere))?.message).toContain(
      `the namespace from the provided object "other" does not match the namespace "${ns}"`,
    );
    const cluster = 'apiVersion: kubewright.dev/v1alpha1\nkind: Cluster\nmetadata: {name: c}\n';
    expect(await refuse(['apply', '-f', '-'], cluster)).toMatchObject({
      code: 'InvalidClusterSpec',
      exit: 23,
    });
  });

  it('apply -o yaml shows what the server made of it, several in a list', async () => {
    const one = ['apply', '--server-side', '--field-manager=kubectl', '-f', file('x.yaml'), '-o', 'yaml'];
    await kubewright(verbs(one));
    await expectSame(verbs(one));
    await expectSame(verbs([...one, '-f', file('web/b.json')]));
  });

  it('get -w shows what is there and then each change', async () => {
    const controller = new AbortController();
    let text = '';
    const { watchObjects } = await import('../../src/objects/get/watch.ts');
    const { parseFormat } = await import('../../src/objects/printing/format.ts');
    const { typeOf } = await import('../../src/objects/selection/types.ts');
    const type = await typeOf(client, 'cm');
    const path = `/api/v1/namespaces/${ns}/configmaps`;
    const named = (name: string) => ({ metadata: { name, labels: { watched: '1' } } });
    await client.request({ method: 'POST', path, body: named('before') });
    const watching = adminClient();
    const done = watchObjects(
      watching,
      { ones: [], lists: [{ type, namespace: ns, labelSelector: 'watched' }], single: false },
      parseFormat(undefined, '/'),
      { selection: { words: [], verb: 'get', cwd: '/', stdin: process.stdin }, outputWatchEvents: true },
      {
        out: (data) => {
          text += data;
        },
        note: () => undefined,
      },
      controller.signal,
    );
    // Only what comes after the list is sure to be seen as an event.
    await expect.poll(() => text).toContain('before');
    await client.request({ method: 'POST', path, body: named('w') });
    await client.request({ method: 'DELETE', path: `${path}/w` });
    await expect
      .poll(() => text.split('\n').map((line) => line.split(' ')[0]))
      .toEqual(['EVENT', 'ADDED', 'ADDED', 'DELETED', '']);
    controller.abort();
    await done;
    await watching.close();
  });

  it('apply --wait ends when the workload is complete, and says what is missing when time is up', async () => {
    const status = (updatedReplicas: number, availableReplicas: number) =>
      client.request({
        method: 'PATCH',
        path: `/apis/apps/v1/namespaces/${ns}/deployments/web/status`,
        contentType: 'application/merge-patch+json',
        body: {
          status: {
            observedGeneration: 9,
            replicas: 2,
            readyReplicas: 2,
            updatedReplicas,
            availableReplicas,
          },
        },
      });
    await status(2, 1);
    const args = verbs(['apply', '-f', file('web/a.yaml'), '--force-conflicts', '--wait']);
    const late = await kubewright([...args, '--timeout=1s']);
    expect(late).toMatchObject({ exit: 22 });
    expect(late.failure?.message).toBe('timed out waiting for deployments/web: 1 of 2 replicas available');
    const available = later(() => status(2, 2));
    expect(await kubewright([...args, '--timeout=20s'])).toMatchObject({ exit: 0 });
    await available;
  });

  it('logs and exec end as kubectl ends where nothing runs', async () => {
    for (const line of [
      'logs p',
      'logs nope',
      'logs p -c nope',
      'logs p -l a=b',
      'logs -l nope=1',
      'logs deploy/web --pod-running-timeout=1s',
      'exec p -- ls -l',
      'exec p ls',
      'exec p -c nope -- ls',
      'exec nope -- ls',
    ]) {
      const [verb = '', ...words] = line.split(' ');
      await expectSame([verb, '-n', ns, ...words]);
    }
  });

  it('version names the server', async () => {
    const run = await kubewright(['version']);
    expect(run.stdout.split('\n')[1]).toBe(kubectl(['version']).stdout.split('\n')[2]);
    const json = JSON.parse((await kubewright(['version', '-o', 'json'])).stdout);
    expect(json.serverVersion).toEqual(JSON.parse(kubectl(['version', '-o', 'json']).stdout).serverVersion);
  });
});
