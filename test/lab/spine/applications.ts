import { join } from 'node:path';
import { expect, it } from 'vitest';
import { eventually, type Pod, readyPods } from '../support/kube.ts';
import { on, type Spine, tell } from './spine.ts';

const MANIFESTS = join(import.meta.dirname, '../manifests');

interface Job {
  status: { succeeded?: number; failed?: number };
}

export function workTogether(spine: Spine): void {
  const { cli } = spine;
  let net: Map<string, Pod>;
  let far: Pod;

  /** What `pod` (netexec) gets when it asks `host`; the host that the pod is on asks the pod. */
  const dial = async (pod: Pod, host: string, port: number): Promise<string[]> => {
    const query = `host=${host}&port=${port}&protocol=http&request=hostname&tries=1`;
    const url = `http://${pod.status.podIP}:8080/dial?${query}`;
    const answer = await on(spine, pod.spec.nodeName!, `curl -sS --max-time 20 '${url}'`);
    const { responses, errors } = JSON.parse(answer) as { responses?: string[]; errors?: string[] };
    expect(errors ?? [], `${pod.metadata.name} asked ${host}:${port}`).toEqual([]);
    return responses ?? [];
  };

  it('a Deployment runs on both nodes', async () => {
    await cli.ok(['apply', '-f', join(MANIFESTS, 'web.yaml')]);
    const pods = await readyPods(cli, 2, '-l', 'app=net');
    net = new Map(pods.map((pod) => [pod.spec.nodeName!, pod]));
    expect([...net.keys()].sort()).toEqual(['cp1', 'w1']);
    [far] = (await readyPods(cli, 1, '-l', 'app=far')) as [Pod];
    expect(far.spec.nodeName).toBe('w1');
  });

  it('pods reach pods on the other node, both ways', async () => {
    for (const [from, to] of [
      ['cp1', 'w1'],
      ['w1', 'cp1'],
    ] as const) {
      const target = net.get(to)!;
      expect(await dial(net.get(from)!, target.status.podIP!, 8080)).toEqual([target.metadata.name]);
      tell(`pod on ${from} → pod ${target.metadata.name} on ${to}: answered`);
    }
  });

  it('cluster DNS and the Service answer a pod on another node than the endpoint', async () => {
    const asking = net.get('cp1')!;
    for (const name of ['far', 'far.default', 'far.default.svc.cluster.local']) {
      expect(await dial(asking, name, 80)).toEqual([far.metadata.name]);
    }
    tell(
      `pod on ${asking.spec.nodeName} → Service far → ${far.metadata.name} on ${far.spec.nodeName}: answered`,
    );
  });

  it('a Service answers on its cluster address from the hosts themselves, from each of its endpoints', async () => {
    const service = await cli.json<{ spec: { clusterIP: string } }>(['get', 'service', 'net']);
    const names = [...net.values()].map(({ metadata }) => metadata.name).sort();
    for (const host of ['cp1', 'w1']) {
      const asked = `for i in $(seq 24); do curl -sS --max-time 20 http://${service.spec.clusterIP}/hostname; echo; done | sort -u`;
      expect((await on(spine, host, asked)).trim().split('\n')).toEqual(names);
    }
  });

  it('exec runs a command in a pod of either node and passes on its output and exit code', async () => {
    for (const pod of net.values()) {
      const target = ['exec', pod.metadata.name, '--', '/agnhost'];
      expect(await cli.ok([...target, 'dns-suffix'])).toMatch(/default\.svc\.cluster\.local/);
      const refused = await cli.run([...target, 'connect', '--timeout=2s', '127.0.0.1:1']);
      expect(refused.exit).toBe(1);
      expect(refused.stdout + refused.stderr).toContain('REFUSED');
    }
    expect(await cli.ok(['exec', 'deploy/net', '--', '/agnhost', 'dns-server-list'])).toContain('10.96.0.10');
  });

  it('logs shows what a pod wrote, by pod and by Deployment', async () => {
    expect(await cli.ok(['logs', 'deploy/far'])).toContain('Started HTTP server on port 8080');
    const last = await cli.ok(['logs', far.metadata.name, '--tail', '1']);
    expect(last.trim().split('\n')).toHaveLength(1);
  });

  it('a Job completes, and its containers read a mounted Secret and a mounted ConfigMap', async () => {
    await cli.ok(['apply', '-f', join(MANIFESTS, 'reader.yaml')]);
    await eventually('the Job to complete', async () => {
      const { status } = await cli.json<Job>(['get', 'job', 'reader']);
      if (status.failed) expect.fail('the Job failed');
      return status.succeeded === 1;
    });
    expect(await cli.ok(['logs', 'job/reader', '-c', 'secret'])).toContain('mellon');
    expect(await cli.ok(['logs', 'job/reader', '-c', 'config'])).toContain('speak, friend');
  });

  it('delete takes it all away again', async () => {
    await cli.ok(['delete', '-f', MANIFESTS]);
    await eventually('no pods', async () => {
      const { items } = await cli.json<{ items: Pod[] }>(['get', 'pods']);
      return items.length === 0;
    });
  });
}
