/** Before what an API server keeps as protobuf (k8s.io/apimachinery, runtime/serializer/protobuf). */
const MAGIC = Buffer.from('k8s\0');
const LENGTH_DELIMITED = 2;

/** What a ConfigMap says under `name`, from its value in etcd; undefined where it does not, or is encrypted. */
export function storedText(value: Buffer, name: string): string | undefined {
  if (!value.subarray(0, MAGIC.length).equals(MAGIC)) return jsonText(value, name);
  const raw = fields(value.subarray(MAGIC.length), FIELD.unknown.raw)[0];
  const entries = raw ? fields(raw, FIELD.configMap.data) : [];
  const entry = entries.find((each) => fields(each, FIELD.entry.key)[0]?.toString() === name);
  return entry && fields(entry, FIELD.entry.value)[0]?.toString();
}

/** Numbers of runtime.Unknown, of v1.ConfigMap (k8s.io/api/core/v1/generated.proto), and of an entry of any map. */
const FIELD = { unknown: { raw: 2 }, configMap: { data: 2 }, entry: { key: 1, value: 2 } };

/** With --storage-media-type=application/json. */
function jsonText(value: Buffer, name: string): string | undefined {
  try {
    const text: unknown = JSON.parse(value.toString())?.data?.[name];
    return typeof text === 'string' ? text : undefined;
  } catch {
    return undefined;
  }
}

/** How many bytes numbers of fixed size have, by their wire type. */
const FIXED: Record<number, number> = { 1: 8, 5: 4 };

/** What a message has under that number: texts, and messages within it. Of a damaged one what comes before that. */
function fields(message: Buffer, wanted: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  const varint = (): number => {
    let [value, weight, byte] = [0, 1, 0x80];
    while (byte >= 0x80 && at < message.length) {
      byte = message[at++]!;
      value += (byte % 128) * weight;
      weight *= 128;
    }
    return value;
  };
  while (at < message.length) {
    const tag = varint();
    const type = tag % 8;
    const size = type === LENGTH_DELIMITED ? varint() : (FIXED[type] ?? 0);
    const end = at + size;
    if (type === LENGTH_DELIMITED && Math.floor(tag / 8) === wanted && end <= message.length)
      found.push(message.subarray(at, end));
    if (type === 0) varint();
    else at = end;
  }
  return found;
}
