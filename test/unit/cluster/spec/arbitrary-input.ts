import fc from 'fast-check';
import type { ClusterSpecInput } from '../../../../src/cluster/spec/types.ts';

const some = <T extends Record<string, fc.Arbitrary<unknown>>>(fields: T) =>
  fc.record(fields, { requiredKeys: [] });
// U+FFFD is what is left of bytes that are no text, and refused as such.
const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => !value.includes('\uFFFD'));
const tricky = fc.constantFrom(
  'yes',
  '0644',
  '1_000',
  '1e3',
  '~',
  '',
  'null',
  '- a',
  '#',
  'a: b',
  ' x ',
  '0x1F',
  '1:30',
  '=',
  '<<',
  '2026-01-02',
);
const word = fc.oneof(text, tricky);
const line = word.filter((value) => !/[\n\0]/.test(value));
const label = fc.stringMatching(/^[a-z]([-a-z0-9]{0,8}[a-z0-9])?$/);
// Whole numbers beyond 2^53 are read as bigint, and -0 as 0.
const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true, max: 1e9, min: -1e9 }),
);
const leaf = fc.oneof(
  fc.boolean(),
  fc.constant(null),
  word,
  number.map((value) => value + 0),
);
const { json } = fc.letrec((tie) => ({
  json: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(
      word.filter((key) => key !== '__proto__' && key !== '<<'),
      tie('json'),
      { maxKeys: 3 },
    ),
  ),
}));
const config = fc.dictionary(label, json, { maxKeys: 3 });
const gates = fc.dictionary(fc.stringMatching(/^[A-Z][A-Za-z0-9]{0,9}$/), fc.boolean(), { maxKeys: 3 });
const environment = fc.dictionary(fc.stringMatching(/^[A-Z_]{1,8}$/), line, { maxKeys: 3 });
const duration = fc.integer({ min: 1, max: 9000 }).map((hours) => `${hours}h`);
const path = label.map((name) => `/${name}`);
const name = fc.stringMatching(/^[a-z]{1,8}\.example\.com$/);

const POLICY = { apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] };

const component = {
  extraArgs: fc.dictionary(label, fc.oneof(word, fc.array(word, { maxLength: 3 })), { maxKeys: 3 }),
  environment,
  volumes: fc.uniqueArray(
    fc.record({
      name: label,
      hostPath: path,
      mountPath: path,
      readOnly: fc.boolean(),
      pathType: fc.constantFrom('' as const, 'File' as const),
    }),
    { maxLength: 2, selector: ({ name: volume }) => volume },
  ),
  featureGates: gates,
};

const host = fc.record(
  {
    name: label,
    role: fc.constantFrom('control-plane' as const, 'worker' as const),
    address: fc.nat(0xffff).map((n) => `192.168.${n >> 8}.${n & 255}`),
    target: fc.constantFrom('local', 'cp1', 'admin@cp1:2222', '[fd00::1]:22', '1e3', '0644'),
    ignorePreflightErrors: fc.array(word, { maxLength: 2 }),
    kubelet: config,
    kubeletExtraArgs: fc.dictionary(fc.constantFrom('v', 'a-b'), fc.constantFrom('4', '', 'yes')),
    taints: fc.array(fc.record({ key: label, effect: fc.constant('NoSchedule' as const) }), { maxLength: 2 }),
    labels: fc.dictionary(label, fc.constantFrom('', 'a', 'on', '1', '1e3', '0644')),
    environment,
    hooks: some({ beforeJoin: fc.array(line.filter(Boolean), { maxLength: 2 }) }),
  },
  { requiredKeys: ['name'] },
);

/** What a user may write, with values that YAML likes to misread. */
export const clusterInput: fc.Arbitrary<ClusterSpecInput> = some({
  kubernetesVersion: fc.constantFrom('v1.37.2', 'v1.36.3'),
  networking: some({
    podSubnet: fc.constantFrom('10.50.0.0/16', '10.50.0.0/16,fd00:50::/56'),
    serviceSubnet: fc.constantFrom('10.60.0.0/16', 'fd00:60::/112'),
    cni: fc.constantFrom('flannel' as const, 'none' as const),
  }),
  endpoint: some({ name, port: fc.integer({ min: 1, max: 65535 }) }),
  caCertificateValidity: duration,
  kubelet: config,
  kubeProxy: config,
  apiServer: some(component),
  scheduler: some({ ...component, config }),
  etcd: some({ ...component, dataDir: path, serverCertSANs: fc.array(name, { maxLength: 2 }) }),
  featureGates: gates,
  addons: some({ coredns: some({ enabled: fc.boolean() }) }),
  patches: fc.array(
    fc.record({
      target: fc.constantFrom('etcd' as const, 'kubeletconfiguration' as const),
      type: fc.constantFrom('strategic' as const, 'merge' as const),
      patch: config,
    }),
    { maxLength: 2 },
  ),
  proxy: some({
    http: fc.constantFrom('', 'http://proxy.example.com:3128'),
    noProxy: fc.array(line.filter(Boolean)),
  }),
  timeouts: some({ discovery: duration }),
  security: some({
    profiling: fc.boolean(),
    audit: some({ maxAgeDays: fc.nat(), policy: fc.constant(POLICY) }),
  }),
  restrictOomScoreAdj: fc.boolean(),
  certSANs: fc.array(name, { maxLength: 2 }),
  hosts: fc.uniqueArray(host, { maxLength: 3, selector: ({ name: own }) => own }).filter((hosts) => {
    const ways = hosts.flatMap(({ address, target }) => [address, target].filter(Boolean));
    const single = ways.filter((way) => way !== 'local');
    return new Set(single).size === single.length;
  }),
}).chain((spec) => label.map((own) => ({ ...spec, name: own })));
