import { beforeAll, describe, expect, it } from 'vitest';
import type { EtcdClient } from '../../../../src/cluster/etcd/client.ts';
import { certificateFaults } from '../../../../src/cluster/preflight/etcd-certificates.ts';
import { externalEtcdFindings } from '../../../../src/cluster/preflight/external-etcd.ts';
import { type Authority, makeAuthority, type Pair } from '../../../api/support/certificates.ts';
import { exampleSpec } from '../example.ts';

const paths = { ca: '/pki/ca.crt', cert: '/pki/client.crt', key: '/pki/client.key' };
const HOUR = 3_600_000;
let authority: Authority;
let client: Pair;
beforeAll(async () => {
  authority = await makeAuthority('etcd-ca');
  client = await authority.issue({ subject: 'CN=client' });
});

const faults = (files: { ca?: string; cert?: string; key?: string }, now = new Date()) =>
  certificateFaults({ files: { ca: authority.cert, ...client, ...files }, paths }, now);

describe('the files for an external etcd', () => {
  it('that fit each other are taken', () => {
    expect(faults({})).toEqual([]);
  });

  it('that are no certificate, no authority or no key are named', () => {
    expect(faults({ ca: 'x', cert: client.key, key: authority.cert })).toEqual([
      '/pki/ca.crt is not a certificate',
      '/pki/client.crt is not a certificate',
      '/pki/client.key is not a private key that can be read',
    ]);
    expect(faults({ ca: client.cert })).toEqual(['/pki/ca.crt is not the certificate of an authority']);
  });

  it('that have ended, or do not belong to each other, are named', async () => {
    const other = await authority.issue({ subject: 'CN=other' });
    expect(faults({ key: other.key })).toEqual(['/pki/client.key does not belong to /pki/client.crt']);
    const [begin, end] = [new Date(Date.now() - 2 * HOUR), new Date(Date.now() - HOUR)];
    const old = await authority.issue({ subject: 'CN=old', notBefore: begin, notAfter: end });
    expect(faults(old)).toEqual([expect.stringMatching(/^\/pki\/client\.crt is expired on /)]);
    expect(faults({}, new Date(Date.now() - 5 * HOUR)).join()).toMatch(/client\.crt is not valid before/);
  });

  it('do not help where etcd is too old, or not well; a node that works with it is only warned', async () => {
    const { spec } = exampleSpec();
    const said = { id: '1', clusterId: '1', version: '3.5.23', sizeBytes: 1, complaints: ['alarm:NOSPACE'] };
    const etcd = {
      status: async () => said,
      read: async () => undefined,
      hasBelow: async () => false,
    } as unknown as EtcdClient;
    const ways = [{ endpoint: 'https://10.9.0.1:2379', etcd }];
    const externalEtcd = { paths, files: { ca: authority.cert, ...client }, placed: true, ways };
    const told = async (running: boolean) => {
      const about = {
        spec,
        externalEtcd,
        now: new Date(),
        joining: false,
        manifest: undefined,
        recorded: undefined,
      };
      const found = await externalEtcdFindings({ ...about, running });
      return found.map(({ name, level, message }) => `${name} ${level}: ${message}`);
    };
    const lines = (level: string) => [
      `ExternalEtcdVersion ${level}: etcd at https://10.9.0.1:2379 is 3.5.23; Kubernetes needs 3.5.24 or newer`,
      `ExternalEtcd ${level}: etcd at https://10.9.0.1:2379 is not well: alarm:NOSPACE`,
    ];
    expect([await told(false), await told(true)]).toEqual([lines('error'), lines('warning')]);
  });

  it('refuse a host before anything of it is asked, those that its owner forgot too', async () => {
    const external = { endpoints: ['https://10.9.0.1:2379'], caFile: '/a', certFile: '/b', keyFile: '/c' };
    const { spec } = exampleSpec({ etcd: { external: { ...external, filesOn: 'hosts' } } });
    const externalEtcd = { paths, files: { ca: authority.cert }, placed: false, ways: [] };
    const about = { spec, now: new Date(), running: false, joining: false };
    const nothing = { manifest: undefined, recorded: undefined };
    expect(await externalEtcdFindings({ ...about, ...nothing, externalEtcd })).toMatchObject([
      {
        name: 'ExternalEtcdClientCertificates',
        level: 'error',
        message: '/pki/client.crt is not there; /pki/client.key is not there',
      },
    ]);
  });
});
