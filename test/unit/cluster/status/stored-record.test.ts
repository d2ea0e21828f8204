import { expect, it } from 'vitest';
import type { EtcdClient } from '../../../../src/cluster/etcd/client.ts';
import { recordText } from '../../../../src/cluster/record.ts';
import { configMapData, storedRecord } from '../../../../src/cluster/status/stored-record.ts';
import { exampleSpec } from '../example.ts';

/** A field of a protobuf message that has a length (wire type 2). */
function field(number: number, content: Buffer | string): Buffer {
  const bytes = Buffer.from(content as string);
  return Buffer.concat([Buffer.from([number * 8 + 2]), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const rest = Math.floor(value / 128);
  return rest === 0
    ? Buffer.from([value])
    : Buffer.concat([Buffer.from([(value % 128) + 128]), varint(rest)]);
}

/** As kube-apiserver stores a ConfigMap: magic, runtime.Unknown {typeMeta, raw}, v1.ConfigMap {metadata, data…}. */
function stored(data: Record<string, string>): Buffer {
  const typeMeta = Buffer.concat([field(1, 'v1'), field(2, 'ConfigMap')]);
  const metadata = Buffer.concat([field(1, 'kubewright-cluster'), Buffer.from([7 * 8, 0x85, 0x01])]);
  const entries = Object.entries(data).map(([key, value]) =>
    field(2, Buffer.concat([field(1, key), field(2, value)])),
  );
  const object = Buffer.concat([field(1, metadata), ...entries]);
  return Buffer.concat([
    Buffer.from('k8s\0'),
    field(1, typeMeta),
    field(2, object),
    field(3, ''),
    field(4, ''),
  ]);
}

const reading = (value: Buffer | undefined) => ({ read: async () => value }) as unknown as EtcdClient;

it('the record is read from what an API server has in etcd', async () => {
  const { spec } = exampleSpec();
  const value = stored({ other: 'x', 'cluster.yaml': recordText(spec) });
  expect(await storedRecord(reading(value))).toEqual(spec);
});

it('what is none, or is cut off, gives none', async () => {
  const whole = stored({ 'cluster.yaml': recordText(exampleSpec().spec) });
  for (const value of [
    undefined,
    Buffer.alloc(0),
    Buffer.from('{"kind":"ConfigMap"}'),
    whole.subarray(0, 40),
  ])
    expect(await storedRecord(reading(value))).toBeUndefined();
  for (let end = 0; end < 200; end++) configMapData(whole.subarray(0, end));
});
