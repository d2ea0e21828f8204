import { describe, expect, it } from 'vitest';
import { planCluster } from '../../../../src/cluster/plan/plan-cluster.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import type { Answers, Host, Query } from '../../../../src/host/port.ts';
import { clusterPorts } from '../../../fakes/cluster-ports.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';

const COUNT = 20;
const names = ['cp1', ...Array.from({ length: COUNT - 1 }, (_, index) => `w${index + 1}`)];
const spec: ClusterSpecInput = {
  name: 'many',
  hosts: names.map((name, index) => ({
    name,
    role: index === 0 ? 'control-plane' : 'worker',
    address: `192.0.2.${index + 1}`,
    target: name,
  })),
};

/** Answers a round only when every host was asked for it: hosts that are asked one after the other never get any. */
class Rounds {
  readonly #asked = new Map<string, number>();
  #waiting: { round: number; go: () => void }[] = [];

  async wait(host: string): Promise<void> {
    const round = (this.#asked.get(host) ?? 0) + 1;
    this.#asked.set(host, round);
    await new Promise<void>((go) => {
      this.#waiting.push({ round, go });
      const complete = [...this.#asked.values()].filter((count) => count >= round).length === COUNT;
      if (!complete) return;
      for (const each of this.#waiting.filter((other) => other.round === round)) each.go();
      this.#waiting = this.#waiting.filter((other) => other.round !== round);
    });
  }

  get most(): number {
    return Math.max(...this.#asked.values());
  }
}

function world() {
  const rounds = new Rounds();
  const opened: string[] = [];
  const hosts = new Map<string, FakeHost>();
  const open = async (target: string): Promise<Host> => {
    opened.push(target);
    const host = new FakeHost(target);
    host.facts = fakeFacts({ hostname: target, machineId: `machine of ${target}` });
    hosts.set(target, host);
    const inspect = host.inspect.bind(host);
    host.inspect = async <const Q extends readonly Query[]>(queries: Q): Promise<Answers<Q>> => {
      await rounds.wait(target);
      return inspect(queries);
    };
    return host;
  };
  return { ports: clusterPorts(open), rounds, opened, hosts };
}

describe('the plan of a cluster', () => {
  it('costs three rounds of look-ups, each of all hosts side by side, over one connection to each', async () => {
    const { ports, rounds, opened } = world();
    const plan = await planCluster(ports, { spec, pruneHosts: false, contents: true });
    expect(plan.failures).toEqual([]);
    expect(plan.hosts.map(({ node }) => node)).toEqual(names);
    expect(rounds.most).toBe(3);
    expect(opened.toSorted()).toEqual(names.toSorted());
  });

  it('changes no host', async () => {
    const { ports, hosts } = world();
    await planCluster(ports, { spec, pruneHosts: false, contents: true });
    for (const host of hosts.values())
      expect({ done: host.operations, nodes: host.nodes.size }).toEqual({ done: [], nodes: 0 });
  });

  it('has what the cluster does on all of its hosts, for a network that needs routes too', async () => {
    const { ports } = world();
    const bridged = { ...spec, networking: { cni: 'bridge' as const } };
    const { hosts } = await planCluster(ports, { spec: bridged, pruneHosts: false });
    const phases = hosts.map((host) => host.phases.map(({ phase }) => phase));
    expect(phases[0]).toEqual(expect.arrayContaining(['record-hosts', 'routes']));
    expect(phases.every((own) => own.includes('routes'))).toBe(true);
  });

  it('fails with its seed, and leaves no other host waiting for it', async () => {
    const { ports } = world();
    const failing = {
      ...ports,
      openHost: async (target: string) => {
        if (target === 'cp1') throw new Error('cp1 does not answer');
        return ports.openHost(target);
      },
    };
    await expect(
      planCluster(failing, { spec: { ...spec, hosts: spec.hosts!.slice(0, 1) }, pruneHosts: false }),
    ).rejects.toThrow('cp1 does not answer');
  });
});
