import { z } from 'zod';
import { parseTarget } from '../../host/ssh/target.ts';
import { isAddress } from './cidr.ts';
import { isLabelValue, isQualifiedName } from './names.ts';
import { environment, extraArgs, fields, filled, subdomain, text } from './schema-fields.ts';
import { NODE_ROLES } from './types.ts';

const labelValue = text(isLabelValue, 'must be at most 63 letters, digits, "-", "_" or "."');

const taint = z
  .strictObject({
    key: text(isQualifiedName, 'must be a name such as example.com/dedicated').describe('Its name.'),
    value: labelValue.optional().describe('Its value.'),
    effect: z.enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute']).describe('What it does to pods.'),
  })
  .meta({ examples: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] });

const commands = (when: string) =>
  z.array(filled).describe(`Command lines for \`sh -c\` as root, ${when}; one that fails ends the run.`);

const hooks = z.strictObject({
  beforeJoin: commands('before the host becomes part of the cluster'),
  afterJoin: commands('when its node is there'),
  beforeUpgrade: commands('before it is upgraded'),
  afterUpgrade: commands('when it is upgraded'),
  beforeReset: commands('before it is reset'),
  afterReset: commands('when it is reset'),
});

/** kubelet flags that other fields decide. */
const DECIDED: Record<string, string> = {
  'bootstrap-kubeconfig': 'kubewright itself',
  config: 'kubewright itself; fields of the configuration go into "kubelet"',
  'hostname-override': 'the "name" of the host',
  kubeconfig: 'kubewright itself',
  'node-ip': '"nodeAddress"',
};

function undecided(args: Record<string, string | string[]>, context: z.RefinementCtx): void {
  for (const [name, value] of Object.entries(args)) {
    const by = DECIDED[name];
    if (by) context.addIssue({ code: 'custom', message: `is decided by ${by}`, path: [name] });
    // The kubelet's unit splits its flags at white space, and systemd takes quotes away.
    else if ([value].flat().some((text) => /[\s"'\\]/.test(text)))
      context.addIssue({
        code: 'custom',
        message: 'must be without white space, quotes and "\\"',
        path: [name],
      });
  }
}

/** As parseTarget reads it: what it refuses would be refused only when the host is to be reached. */
const target = text((value) => {
  try {
    return parseTarget(value) !== undefined;
  } catch {
    return false;
  }
}, 'must be [user@]host[:port] without a password, a name of ssh_config or of a lab, or "local"');

/** Neither every address, nor the host itself, nor many hosts. */
function isOneHosts(value: string): boolean {
  return isAddress(value) && !/^(0\.|127\.|2(2[4-9]|3\d)\.|255\.)|^::1?$|^ff/i.test(value);
}

export const node = z
  .strictObject({
    name: subdomain.describe('Name of the Node object.'),
    role: z.enum(NODE_ROLES).describe('Whether the host runs the control plane.'),
    address: text(
      (value) => value === '' || isOneHosts(value),
      'must be an IP address that other hosts can reach this one by',
    ).describe(
      'Address that the host advertises: API server, etcd, kubelet. Empty: the one of its default route.',
    ),
    nodeAddress: text(
      (value) => value.split(',').every(isAddress) && value.split(',').length <= 2,
      'must be an IP address, or one of each family with a comma between them',
    )
      .optional()
      .describe("The kubelet's --node-ip where it is not `address`: one, or one of each family."),
    target: target
      .optional()
      .describe(
        'How kubewright reaches it: `[user@]host[:port]`, a name of ssh_config or of a lab, or `local`.',
      ),
    ignorePreflightErrors: z
      .array(z.string())
      .describe('Names of preflight checks whose findings are accepted (`NumCPU`), or `all`.'),
    kubelet: fields.describe('Fields of KubeletConfiguration for this host, over those of the cluster.'),
    kubeletExtraArgs: extraArgs
      .superRefine(undecided)
      .describe('Flags of the kubelet on this host that its configuration has no field for.'),
    taints: z
      .array(taint)
      .optional()
      .describe("Taints of the node instead of its role's: none on workers, NoSchedule on control planes."),
    labels: z
      .record(text(isQualifiedName, 'must be a name such as example.com/rack'), labelValue)
      .describe('Labels of the node.'),
    environment: environment.describe('Environment of containerd and the kubelet on this host.'),
    hooks: hooks.describe('What is run on the host before and after its own changes.'),
  })
  .meta({ examples: [{ name: 'w1' }] });
