import { KubewrightError } from '../../base/errors.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { RECORD_ETCD_KEY, recordIn } from '../record.ts';
import type { ClusterSpec } from '../spec/types.ts';

/** The cluster's record as etcd has it, where no API server answers; undefined where it cannot be had there either. */
export async function storedRecord(etcd: EtcdClient): Promise<ClusterSpec | undefined> {
  try {
    const value = await etcd.read(RECORD_ETCD_KEY);
    return value && recordIn(configMapData(value).get('cluster.yaml'));
  } catch (error) {
    if (error instanceof KubewrightError) return undefined;
    throw error;
  }
}

/** apimachinery/pkg/runtime/serializer/protobuf: what an object in etcd begins with. */
const MAGIC = Buffer.from('k8s\0');
/** runtime.Unknown: the object itself. */
const RAW = 2;
/** v1.ConfigMap: entries of a key (1) and a value (2). */
const DATA = 2;

/** `data` of a ConfigMap as API servers store it; empty for what is none. */
export function configMapData(stored: Buffer): Map<string, Buffer> {
  if (!stored.subarray(0, MAGIC.length).equals(MAGIC)) return new Map();
  const object = fields(stored.subarray(MAGIC.length)).find(({ number }) => number === RAW);
  const entries = fields(object?.bytes ?? Buffer.alloc(0)).filter(({ number }) => number === DATA);
  return new Map(
    entries.map(({ bytes }) => {
      const [key, value] = [1, 2].map((number) => fields(bytes).find((field) => field.number === number));
      return [key?.bytes.toString('utf8') ?? '', value?.bytes ?? Buffer.alloc(0)];
    }),
  );
}

/** The fields of a protobuf message that have a length; numbers are passed over. Ends where it is damaged. */
function fields(message: Buffer): { number: number; bytes: Buffer }[] {
  const found: { number: number; bytes: Buffer }[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let factor = 1; at < message.length; factor *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) break;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const kind = tag & 7;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const length = varint();
      found.push({ number: Math.floor(tag / 8), bytes: message.subarray(at, at + length) });
      at += length;
    } else break;
  }
  return found;
}
