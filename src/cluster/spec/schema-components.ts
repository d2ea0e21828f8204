import { z } from 'zod';
import { isDnsLabel } from './names.ts';
import {
  absolutePath,
  environment,
  extraArgs,
  fields,
  filled,
  subjectAltName,
  text,
} from './schema-fields.ts';
import { ETCD_FILES_ON, HOST_PATH_TYPES, PATCH_TARGETS, PATCH_TYPES } from './sections.ts';

export const featureGates = z
  .record(text(/^[A-Z][A-Za-z0-9]*$/, 'must be the name of a feature gate such as NodeSwap'), z.boolean())
  .meta({ examples: [{ NodeSwap: true }] });

const volume = z
  .strictObject({
    name: text(isDnsLabel, 'must be a DNS label').describe('Name of the volume in the pod.'),
    hostPath: absolutePath.describe('Folder or file of the host.'),
    mountPath: absolutePath.describe('Where the container has it.'),
    readOnly: z.boolean().default(true).describe('The container cannot write to it.'),
    pathType: z
      .enum(HOST_PATH_TYPES)
      .default('')
      .describe('What has to be there, or is made: the `type` of a hostPath volume; empty: not looked at.'),
  })
  .meta({
    examples: [{ name: 'audit', hostPath: '/var/log/audit', mountPath: '/var/log/audit', readOnly: false }],
  });

const componentFields = {
  extraArgs: extraArgs.describe(
    'Flags by their names without dashes; they replace those of kubewright. A list gives a flag once for each item.',
  ),
  environment: environment.describe("Environment of the component's container."),
  volumes: z.array(volume).describe('Folders and files of the host that the component gets.'),
  featureGates: featureGates.describe('Feature gates of this component, over those of the cluster.'),
};

const sans = (whose: string) =>
  z.array(subjectAltName).describe(`Further names and addresses in the ${whose} certificate.`);

export const component = z.strictObject(componentFields);

export const scheduler = z.strictObject({
  ...componentFields,
  config: fields.describe(
    'Fields of KubeSchedulerConfiguration (profiles, extenders …); empty: the scheduler runs by its flags.',
  ),
});

const NO_TLS = 'without TLS, anybody who reaches etcd has the cluster';

const clientUrl = text(
  (value) => isClientUrl(value),
  'must be an https URL of a host and a port',
  (value) => (value.startsWith('http:') ? NO_TLS : 'such as "https://etcd1.example.com:2379"'),
).meta({ examples: ['https://etcd1.example.com:2379'] });

/** A host with a port; what stood behind it the API server would not ask for. */
function isClientUrl(value: string): boolean {
  const url = URL.parse(value);
  if (url?.protocol !== 'https:' || /[\s,@]/.test(value)) return false;
  return url.pathname === '/' && url.search === '' && url.hash === '' && url.hostname !== '';
}

const clientFile = (what: string) => filled.describe(`File with ${what}, in PEM.`);

const external = z
  .strictObject({
    endpoints: z
      .array(clientUrl)
      .min(1, 'must name at least one endpoint')
      .describe('Client URLs of its members, as the control planes reach them.'),
    httpEndpoints: z
      .array(clientUrl)
      .default([])
      .describe('Where it answers HTTP, if not at its endpoints too; kubewright asks it there how it is.'),
    caFile: clientFile("the authority of its servers' certificates"),
    certFile: clientFile('the certificate that the API servers show it'),
    keyFile: clientFile('the key of that certificate'),
    filesOn: z
      .enum(ETCD_FILES_ON)
      .default('here')
      .describe(
        'Where the three files are. `here`: on the machine that runs kubewright, seen from the folder of this file; they are put on each control plane. `hosts`: on each control plane at these paths, as with kubeadm.',
      ),
  })
  .meta({
    examples: [
      {
        endpoints: ['https://etcd1.example.com:2379'],
        caFile: 'etcd/ca.crt',
        certFile: 'etcd/client.crt',
        keyFile: 'etcd/client.key',
      },
    ],
  });

export const etcd = z.strictObject({
  ...componentFields,
  dataDir: absolutePath.describe('Folder of the data on the control planes.'),
  serverCertSANs: sans("etcd server's"),
  peerCertSANs: sans("etcd peer's"),
  external: external
    .optional()
    .describe(
      'An etcd of your own, instead of one on the control planes: none of the other fields then holds.',
    ),
});

const OPERATION = 'such as - {op: add, path: /metadata/labels/a, value: b}';

/** What is wrong with a patch for its type: a list of operations for json, a map for the others. */
function patchFits({ type, patch }: { type: string; patch: unknown }, context: z.RefinementCtx): void {
  if (Array.isArray(patch) === (type === 'json')) {
    operationsFit(patch, context);
    return;
  }
  const message =
    type === 'json' ? 'must be a list of operations for type json' : `must be a map for type ${type}`;
  context.addIssue({
    code: 'custom',
    message,
    path: ['patch'],
    params: { hint: type === 'json' ? OPERATION : 'a list of operations is type json' },
  });
}

const OPERATIONS = ['add', 'remove', 'replace', 'move', 'copy', 'test'];

/** RFC 6902, as far as it can be told without what is patched. */
function operationsFit(patch: unknown, context: z.RefinementCtx): void {
  if (!Array.isArray(patch)) return;
  for (const [index, { op, path, from }] of patch.entries()) {
    const issue = (field: string, message: string) =>
      context.addIssue({
        code: 'custom',
        message,
        path: ['patch', index, field],
        params: { hint: OPERATION },
      });
    if (!OPERATIONS.includes(op)) issue('op', `must be one of ${OPERATIONS.join(', ')}`);
    if (!isPointer(path)) issue('path', 'must be a JSON pointer such as /metadata/labels/a');
    if ((op === 'move' || op === 'copy') && !isPointer(from)) issue('from', 'must be a JSON pointer too');
  }
}

function isPointer(value: unknown): boolean {
  return typeof value === 'string' && (value === '' || value.startsWith('/'));
}

export const patch = z
  .strictObject({
    target: z.enum(PATCH_TARGETS).describe('What is patched, in the words of kubeadm.'),
    type: z
      .enum(PATCH_TYPES)
      .default('strategic')
      .describe('How: strategic merge, JSON merge (RFC 7386), or JSON patch (RFC 6902).'),
    patch: z
      .union([fields, z.array(fields)], 'must be a map, or a list of operations for type json')
      .describe('The patch itself: a map, or a list of operations for type json.'),
  })
  .superRefine(patchFits);
