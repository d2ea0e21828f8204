import { beforeEach, describe, expect, it } from 'vitest';
import { KubewrightError } from '../../../src/base/errors.ts';
import { deleteMembers, findMembers } from '../../../src/cluster/declared/delete.ts';
import { surveyCluster } from '../../../src/cluster/declared/survey.ts';
import {
  CONTROL_PLANES,
  otherControlPlanes,
  tellControlPlanes,
} from '../../../src/cluster/other-control-planes.ts';
import { RECORD_PATH, recordText } from '../../../src/cluster/record.ts';
import { init } from '../../../src/cluster/run-init.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import type { ClusterSpecInput, NodeSpecInput } from '../../../src/cluster/spec/types.ts';
import { clusterPorts } from '../../fakes/cluster-ports.ts';
import { FakeHost } from '../../fakes/fake-host.ts';

const CA = '/etc/kubernetes/pki/ca.crt';
const hosts: NodeSpecInput[] = [
  { name: 'cp1', role: 'control-plane' },
  { name: 'cp2', role: 'control-plane' },
  { name: 'w1' },
];

describe('a declared cluster', () => {
  let world: Map<string, FakeHost>;
  const dead = new Set<string>();
  const ports = clusterPorts(async (target) => {
    if (dead.has(target))
      throw new KubewrightError({
        code: 'HostUnreachable',
        message: `${target} is dead.`,
        exit: 'hostUnreachable',
      });
    return world.get(target)!;
  });
  const declare = (more: Partial<ClusterSpecInput> = {}): ClusterSpecInput => ({ name: 'c', hosts, ...more });
  const addressed = (of: NodeSpecInput[]) =>
    of.map((each, index) => ({ ...each, address: `192.0.2.${index + 1}` }));
  /** As a control plane that has the cluster; without credentials nobody can ask its API server. */
  const member = (name: string, { ca = 'ca of c', cluster = 'c', joined = false, of = hosts } = {}) => {
    const host = world.get(name)!;
    host.put(RECORD_PATH, recordText(resolveSpec({ name: cluster, hosts: addressed(of) })));
    host.put(CA, ca);
    host.put('/etc/kubernetes/pki/ca.key', 'key');
    if (joined) host.put('/etc/kubernetes/manifests/etcd.yaml', '- --initial-cluster-state=existing');
    else host.put('/etc/kubernetes/super-admin.conf', 'x');
  };
  beforeEach(() => {
    world = new Map(['cp1', 'cp2', 'w1', 'w2'].map((name) => [name, new FakeHost(name)]));
    for (const [name, host] of world) host.facts = { ...host.facts, hostname: name };
    dead.clear();
  });

  describe('before anything is changed', () => {
    it('starts from its first control plane where nobody has it yet', async () => {
      const survey = await surveyCluster(ports, declare());
      expect(survey).toMatchObject({ seed: { name: 'cp1' }, seedJoined: false });
      expect(survey.recorded).toBeUndefined();
    });

    it('starts from one that has it, so that an emptied first host never makes a second cluster', async () => {
      member('cp2', { joined: true });
      expect(await surveyCluster(ports, declare())).toMatchObject({
        seed: { name: 'cp2' },
        seedJoined: true,
      });
      dead.add('cp1');
      expect(await surveyCluster(ports, declare())).toMatchObject({ seed: { name: 'cp2' } });
    });

    it('prefers the one that init made', async () => {
      member('cp1', { joined: true });
      member('cp2');
      expect(await surveyCluster(ports, declare())).toMatchObject({
        seed: { name: 'cp2' },
        seedJoined: false,
      });
    });

    it('is not begun while a control plane is silent that may have it', async () => {
      dead.add('cp2');
      await expect(surveyCluster(ports, declare())).rejects.toMatchObject({ code: 'HostUnreachable' });
    });

    it('is refused over two clusters, another name, and another role', async () => {
      member('cp1');
      member('cp2', { ca: 'ca of another' });
      await expect(surveyCluster(ports, declare())).rejects.toMatchObject({
        code: 'ForeignCluster',
        exit: 20,
      });
      await expect(
        surveyCluster(ports, declare({ name: 'other', hosts: hosts.filter(({ name }) => name !== 'cp2') })),
      ).rejects.toThrow(/cannot be renamed to "other"/);
      const promoted = hosts.map((host) => ({ ...host, role: 'control-plane' as const }));
      world.set('cp2', new FakeHost('cp2'));
      await expect(surveyCluster(ports, declare({ hosts: promoted }))).rejects.toThrow(
        /w1 is recorded as a worker and cannot become a control-plane/,
      );
    });
  });

  // cp1 had left, and came back into the record at the next apply: cp2 still had it on its disk from its own join.
  it('is not told of control planes that left by the disk of one that joined', async () => {
    world.get('cp2')!.put(RECORD_PATH, recordText(resolveSpec({ name: 'c', hosts: addressed(hosts) })));
    const asked = { target: 'cp2', node: {}, spec: {}, ignorePreflightErrors: [], dryRun: true };
    const { cluster } = await init(ports, { ...asked, joined: true });
    expect(cluster.hosts.map(({ name }) => name)).toEqual(['cp2']);
  });

  // init wrote etcd's manifest anew, and a second cluster of the same keys began beside the one of cp2.
  it('gets no second etcd from init where the first one is empty and others have joined since', async () => {
    member('cp1');
    const cp1 = world.get('cp1')!;
    const control = ['cp1', 'cp2'].map((name, index) => ({ name, address: `192.0.2.${index + 1}` }));
    cp1.put(CONTROL_PLANES, JSON.stringify(control));
    const asked = { target: 'cp1', node: {}, spec: {}, ignorePreflightErrors: [], dryRun: true };
    const error = {
      code: 'EtcdDataLost',
      hint: expect.stringContaining('join cp1 --control-plane --via cp2'),
    };
    await expect(init(ports, asked)).rejects.toMatchObject(error);
    cp1.put('/etc/kubernetes/manifests/etcd.yaml', '- --initial-cluster-state=new');
    await expect(init(ports, { ...asked, phases: ['etcd'] })).rejects.toMatchObject(error);
    cp1.put('/var/lib/etcd/member/wal/0000000000000000-0000000000000000.wal', 'data');
    expect((await init(ports, { ...asked, phases: ['etcd'] })).node.name).toBe('cp1');
    expect(cp1.operations).toEqual([]);
  });

  it('has its control planes know of those that come later, as far as they can be told', async () => {
    const spec = resolveSpec({
      name: 'c',
      hosts: addressed([...hosts.slice(0, 2), { name: 'w2', role: 'control-plane' }]).map((each) => ({
        ...each,
        target: each.name,
      })),
    });
    dead.add('cp2');
    await tellControlPlanes(ports, spec, [spec.hosts[2]!]);
    const told = world.get('cp1')!;
    const known = otherControlPlanes(Buffer.from(told.text(CONTROL_PLANES)!), 'cp1');
    expect(known.map(({ name, address }) => `${name} ${address}`)).toEqual(['cp2 192.0.2.2', 'w2 192.0.2.3']);
    expect(world.get('w2')!.operations).toEqual([]);
    await tellControlPlanes(ports, spec, [spec.hosts[2]!]);
    expect(told.operations).toHaveLength(1);
  });

  describe('that is deleted', () => {
    // A stranger of the same name would have given its hosts to the deletion.
    it('is refused where two control planes are of different clusters of its name', async () => {
      member('cp1', { ca: 'ca of another', of: [...hosts, { name: 'w2' }] });
      member('cp2');
      await expect(findMembers(ports, declare())).rejects.toMatchObject({
        code: 'ForeignCluster',
        message: expect.stringContaining('different clusters of the same name'),
      });
    });

    it('goes with the hosts that were recorded beside those of the file: workers first, its seed last', async () => {
      member('cp1', { of: [...hosts, { name: 'w2' }] });
      member('cp2', { joined: true });
      const members = await findMembers(ports, declare());
      expect(members.hosts.map(({ name }) => name)).toEqual(['w2', 'w1', 'cp2', 'cp1']);
      expect(members.ca).toBe('ca of c');
    });

    it('is found on its control planes only under its own name', async () => {
      member('cp1', { cluster: 'other' });
      await expect(findMembers(ports, declare())).rejects.toMatchObject({ code: 'ForeignCluster' });
    });

    it('leaves a host alone that belongs to another cluster by now, and goes on with the rest', async () => {
      member('cp1');
      world.get('w1')!.put(CA, 'ca of another');
      world.get('w1')!.put('/etc/kubernetes/kubelet.conf', 'x');
      const { hosts: done, failures } = await deleteMembers(
        ports,
        await findMembers(ports, declare()),
        false,
      );
      expect(done.map(({ node, state }) => `${node} ${state}`)).toEqual([
        'w1 failed',
        'cp2 removed',
        'cp1 removed',
      ]);
      expect(failures).toMatchObject([{ target: 'w1', error: { code: 'ForeignCluster' } }]);
      expect(world.get('w1')!.operations).toEqual([]);
      expect(world.get('cp1')!.text(RECORD_PATH)).toBeUndefined();
    });

    // Whatever had no ca.crt was taken for one of ours, and its containers were swept.
    it.each([
      ['docker', '/var/lib/docker/overlay2/x', 'docker.service'],
      ['another Kubernetes', '/etc/kubernetes/kubelet.conf', 'kubelet.service'],
      ['podman', '/var/lib/containers/storage/x', 'crio.service'],
    ])('leaves a machine alone that has got the address of a host of ours: %s', async (_what, path, unit) => {
      member('cp1');
      const w1 = world.get('w1')!;
      w1.put(path, 'somebody else’s');
      w1.units.set(unit, { active: 'active', enabled: 'enabled' });
      const members = await findMembers(ports, declare());
      const { plans } = await deleteMembers(ports, members, true);
      expect(plans.find(({ host }) => host === 'w1')?.phases).toEqual([]);
      const { hosts: done } = await deleteMembers(ports, members, false);
      const note = expect.stringMatching(new RegExp(`nothing of kubewright's is there.*${unit}`));
      expect(done.find(({ node }) => node === 'w1')).toMatchObject({ state: 'removed', note });
      expect(w1.operations).toEqual([]);
      expect(w1.text(path)).toBe('somebody else’s');
    });

    it('cleans a host of ours whose CA is gone, by what kubewright left there', async () => {
      member('cp1');
      const w1 = world.get('w1')!;
      w1.put('/etc/modules-load.d/kubewright.conf', 'overlay');
      w1.put('/usr/local/bin/kubelet', 'kubelet');
      await deleteMembers(ports, await findMembers(ports, declare()), false);
      expect(w1.text('/usr/local/bin/kubelet')).toBeUndefined();
    });

    it('goes without a control plane that is dead, which is told as failed', async () => {
      member('cp1');
      dead.add('cp2');
      const { hosts: done } = await deleteMembers(ports, await findMembers(ports, declare()), false);
      expect(done.map(({ node, state }) => `${node} ${state}`)).toEqual([
        'w1 removed',
        'cp2 failed',
        'cp1 removed',
      ]);
    });

    it('is only looked at in a plan', async () => {
      member('cp1');
      const { plans } = await deleteMembers(ports, await findMembers(ports, declare()), true);
      expect(plans.map(({ host }) => host)).toEqual(['w1', 'cp2', 'cp1']);
      for (const host of world.values()) expect(host.operations).toEqual([]);
    });
  });
});
