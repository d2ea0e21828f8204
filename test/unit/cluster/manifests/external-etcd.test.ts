import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { kubeadmConfig } from '../../../../src/cluster/manifests/bootstrap.ts';
import { imagesOf } from '../../../../src/cluster/manifests/images.ts';
import { containerOf } from '../../../../src/cluster/manifests/pod-types.ts';
import { staticPod, staticPods } from '../../../../src/cluster/manifests/static-pods.ts';
import { exampleSpec } from '../example.ts';

interface Case {
  name: string;
  external: { endpoints: string[]; caFile: string; certFile: string; keyFile: string };
  arguments: string[];
  volumes: { name: string; hostPath: { path: string; type: string } }[];
  volumeMounts: { name: string; mountPath: string; readOnly: boolean }[];
}

const GOLDEN = join(import.meta.dirname, '../../../golden/external-etcd.yaml');
const cases = parse(readFileSync(GOLDEN, 'utf8')) as Case[];
/** kubeadm leaves out one of them, without which its API server finds no certificate. */
const ALIKE = 'folders whose names begin alike';
const none = { caDirectories: [] };

function apiServer(external: Case['external']) {
  const { spec, node } = exampleSpec({ etcd: { external: { ...external, filesOn: 'hosts' } } });
  const pod = staticPod('kube-apiserver', spec, node, none);
  const { command = [], volumeMounts = [] } = containerOf(pod.spec);
  return {
    arguments: command.filter((argument) => argument.startsWith('--etcd')),
    volumes: pod.spec.volumes.filter(({ name }) => name.startsWith('etcd')),
    volumeMounts: volumeMounts.filter(({ name }) => name.startsWith('etcd')),
  };
}

describe('the API server of a cluster with an external etcd', () => {
  it.each(cases.filter(({ name }) => name !== ALIKE))(
    'is told of it and gets its files as kubeadm does it: $name',
    ({ name: _, external, ...golden }) => {
      expect(apiServer(external)).toEqual(golden);
    },
  );

  it('gets every folder, where kubeadm takes a name that begins alike for a folder inside', () => {
    const { external, ...golden } = cases.find(({ name }) => name === ALIKE)!;
    const ours = apiServer(external);
    expect(ours.arguments).toEqual(golden.arguments);
    expect(golden.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/etc/etcd']);
    expect(ours.volumeMounts.map(({ mountPath }) => mountPath)).toEqual(['/etc/etcd', '/etc/etcd-client']);
  });

  it('reads files of this machine where kubeadm has those of its own etcd, and no etcd runs beside it', () => {
    const external = {
      endpoints: ['https://10.9.0.1:2379'],
      httpEndpoints: ['https://10.9.0.1:2382'],
      ...{ caFile: 'ca.crt', certFile: 'client.crt', keyFile: 'client.key' },
    };
    const { spec, node } = exampleSpec({ etcd: { external } });
    const pods = staticPods(spec, node, none);
    expect(pods.map(({ path }) => path.split('/').at(-1))).toEqual([
      'kube-apiserver.yaml',
      'kube-controller-manager.yaml',
      'kube-scheduler.yaml',
    ]);
    expect(pods[0]!.content).toContain('--etcd-servers=https://10.9.0.1:2379\n');
    const files = {
      caFile: '/etc/kubernetes/pki/etcd/ca.crt',
      certFile: '/etc/kubernetes/pki/apiserver-etcd-client.crt',
      keyFile: '/etc/kubernetes/pki/apiserver-etcd-client.key',
    };
    for (const path of Object.values(files)) expect(pods[0]!.content).toContain(`=${path}\n`);
    expect(kubeadmConfig(spec).etcd).toEqual({
      external: {
        ...files,
        endpoints: ['https://10.9.0.1:2379'],
        httpEndpoints: ['https://10.9.0.1:2382'],
      },
    });
    expect(imagesOf(spec).filter((image) => image.includes('etcd'))).toEqual([]);
  });
});
