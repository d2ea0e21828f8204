import { describe, expect, it } from 'vitest';
import { slowDisk } from '../../../../src/cluster/preflight/fsync.ts';
import { roomFindings } from '../../../../src/cluster/preflight/room.ts';
import { surroundingFindings } from '../../../../src/cluster/preflight/surroundings.ts';
import { defaultNode } from '../../../../src/cluster/spec/defaults.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';
import type { Facts } from '../../../../src/host/port.ts';
import { fakeFacts } from '../../../fakes/fake-facts.ts';

const node = defaultNode({ name: 'cp1', role: 'control-plane', address: '192.0.2.10' });
const find = (more: Partial<Facts>, spec: ClusterSpecInput = {}) =>
  surroundingFindings(fakeFacts(more), resolveSpec({ ...spec, hosts: [node] }), node);
const names = (more: Partial<Facts>, spec: ClusterSpecInput = {}) => find(more, spec).map(({ name }) => name);
const room = (more: Partial<Facts>) =>
  roomFindings(fakeFacts(more), resolveSpec({ hosts: [node] }), node, { images: 0, binaries: 0 });

describe('what surrounds a host', () => {
  it('is nothing to tell of on an ordinary one', () => {
    expect(find({})).toEqual([]);
  });

  it('a resolv.conf that names loopback is found, and not where systemd-resolved has the real one', () => {
    const resolvers = { file: ['127.0.0.53'], resolved: ['192.0.2.53'] };
    expect(names({ resolvers })).toEqual(['ResolvConfLoop']);
    const features = { ...fakeFacts().features, systemdResolved: true };
    expect(names({ resolvers, features })).toEqual([]);
    expect(names({ resolvers: { ...resolvers, resolved: ['127.0.0.1'] }, features })).toEqual([
      'ResolvConfLoop',
    ]);
    expect(names({ resolvers }, { kubelet: { resolvConf: '/etc/real.conf' } })).toEqual([]);
  });

  it('a proxy without exceptions for the cluster is found with the line to add, its password hidden', () => {
    const services = { HTTPS_PROXY: 'http://user:hunter2@proxy.test:3128', NO_PROXY: 'intern.test' };
    const [found] = find({ proxies: { services, logins: {} } });
    expect(found?.name).toBe('ProxyExceptions');
    expect(found?.message).toContain('http://proxy.test:3128');
    expect(JSON.stringify(found)).not.toContain('hunter2');
    const line = /NO_PROXY=([^"]*)"/.exec(found!.fix)![1]!;
    expect(line).toContain('intern.test,');
    expect(line).toContain('10.244.0.0/16');
    expect(names({ proxies: { services: { ...services, NO_PROXY: line }, logins: {} } })).toEqual([]);
    expect(names({ proxies: { services: { ...services, NO_PROXY: '*' }, logins: {} } })).toEqual([]);
    expect(names({ proxies: { services: {}, logins: services } })).toEqual(['ProxyExceptions']);
    expect(
      names({ proxies: { services, logins: {} } }, { proxy: { https: 'http://proxy.test:3128' } }),
    ).toEqual([]);
  });

  it('a firewall that is on is found with the ports of the role, in its own words', () => {
    const [found] = find({ firewalls: ['firewalld'] });
    expect(found).toMatchObject({ name: 'FirewallActive', level: 'warning' });
    expect(found!.fix).toContain('--add-port=6443/tcp --add-port=2380/tcp');
    expect(found!.fix).toContain('--add-port=8472/udp');
    const worker = { ...node, role: 'worker' as const };
    const [less] = surroundingFindings(
      fakeFacts({ firewalls: ['ufw'] }),
      resolveSpec({ networking: { cni: 'bridge' }, hosts: [node] }),
      worker,
    );
    expect(less!.fix).toBe('ufw allow 10250/tcp');
  });

  it('an MTU that leaves too little inside vxlan is found', () => {
    const links = [{ name: 'eth0', mtu: 1300 }];
    expect(names({ links })).toEqual(['MTU']);
    expect(names({ links }, { networking: { cni: 'bridge' } })).toEqual([]);
  });

  it('does not matter any more on a node', () => {
    const listeners = [{ address: '*', port: 10250, pid: 7, process: 'kubelet' }];
    expect(find({ firewalls: ['ufw'], resolvers: { file: ['127.0.0.1'], resolved: [] }, listeners })).toEqual(
      [],
    );
  });
});

describe('room', () => {
  it('an address of the host in a range of the cluster is found, the cluster’s own are not', () => {
    const at = (name: string) =>
      room({ addresses: [{ interface: name, address: '10.244.0.1', prefix: 32 }] });
    expect(at('eth1').map(({ name }) => name)).toEqual(['SubnetOverlap']);
    expect(at('cni0')).toEqual([]);
    expect(room({ routes: ['10.96.0.7 via 192.0.2.1 dev eth0'] })).toHaveLength(1);
  });

  it('inodes are counted where files will be; a file system that counts none has enough', () => {
    const disk = { path: '/etc', availableBytes: 9e9, totalBytes: 9e9, totalInodes: 1000 };
    expect(room({ disks: [{ ...disk, availableInodes: 100 }] }).map(({ name }) => name)).toEqual(['Inodes']);
    expect(room({ disks: [{ ...disk, availableInodes: 900 }] })).toEqual([]);
    expect(room({ disks: [{ ...disk, availableInodes: 0, totalInodes: 0 }] })).toEqual([]);
  });
});

describe('the disk of etcd', () => {
  const told = (...seconds: number[]) =>
    seconds.map((each) => `11500 bytes (12 kB, 11 KiB) copied, ${each} s, 1 MB/s`).join('\n');

  it('is slow when two batches of five writes took more than 10 ms each', () => {
    expect(slowDisk(told(0.01, 0.08, 0.01, 0.09), '/var/lib/etcd')).toMatchObject([
      { name: 'FsyncLatency', level: 'warning', message: expect.stringContaining('9.5 ms') },
    ]);
  });

  it('is fast with one slow moment, and not known where dd said nothing', () => {
    expect(slowDisk(told(0.01, 0.9, 0.01, 1.2e-3), '/var/lib/etcd')).toEqual([]);
    expect(slowDisk('dd: invalid output flag', '/var/lib/etcd')).toEqual([]);
  });
});
