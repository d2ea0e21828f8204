import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { accessFlags } from '../src/cli/access-flags.ts';
import { BaseCommand } from '../src/cli/base-command.ts';
import { clusterAccess } from '../src/cli/cluster-access.ts';
import { artifactFlags, configFlag, nodeFlags, waitOf, workflowFlags } from '../src/cli/cluster-flags.ts';
import { joinTargets } from '../src/cli/config.ts';
import { hostFlags, runOutputFlags } from '../src/cli/flags.ts';
import { joinWords, ticketFlags } from '../src/cli/join-flags.ts';
import { serversKeeper } from '../src/cli/keep-access.ts';
import { planText } from '../src/cli/plan-text.ts';
import { timelineFlag } from '../src/cli/timeline-file.ts';
import { join } from '../src/cluster/run-join.ts';

/** With administrator's rights, `join HOST` does on a host that has joined what a token could not, and records it. */
const unrecorded =
  "A token may not write the cluster's record: kubewright join HOST, with administrator's access, adds the host to it.";

export default class Join extends BaseCommand {
  static override summary = 'Make hosts workers or further control planes of a cluster, several at once.';
  static override description =
    'The cluster is the one of the kubeconfig context, or of the control plane named by --via; then no token is to be copied. With --token nothing else is needed: a host can join by itself, as with kubeadm. With --control-plane the keys of the cluster travel from one of its control planes to the new ones over our own connections, and etcd takes the new members in one after the other.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> join w1',
    '<%= config.bin %> join w1 w2 w3 --context kubernetes-admin@staging',
    '<%= config.bin %> join admin@203.0.113.11 --via cp1',
    '<%= config.bin %> join local --server 10.0.0.1:6443 --token abcdef.0123456789abcdef --ca-cert-hash sha256:HASH',
    '<%= config.bin %> join 10.0.0.1:6443 --token abcdef.0123456789abcdef --discovery-token-ca-cert-hash sha256:HASH',
    '<%= config.bin %> join cp2 cp3 --control-plane',
    '<%= config.bin %> join --config cluster.yaml',
  ];
  static override args = {
    hosts: Args.string({
      ignoreStdin: true,
      description:
        'One host or more, as for init; or, with --token, HOST:PORT of the API server that this machine joins.',
    }),
  };
  static override flags = {
    ...workflowFlags,
    ...ticketFlags,
    ...accessFlags,
    ...artifactFlags,
    ...hostFlags,
    ...runOutputFlags,
    ...timelineFlag,
    'control-plane': Flags.boolean({
      exclusive: ['token'],
      description: 'Make them control planes, with a member of etcd each.',
    }),
    ...nodeFlags,
    ...configFlag,
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Join);
    const cli = this.context(flags);
    const ports = await cli.clusterPorts(flags.config);
    const waitMs = waitOf(flags);
    const { targets, ticket } = joinWords(argv as string[], flags, waitMs);
    const role = flags['control-plane'] ? 'control-plane' : 'worker';
    const declared = await joinTargets({ cli, runtime: this.runtime }, targets, flags, role);
    const access = ticket ?? (await clusterAccess(cli, ports, flags.via));
    const done = await join(ports, {
      targets: declared,
      access,
      ignorePreflightErrors: flags['ignore-preflight-errors'] ?? [],
      dryRun: flags['dry-run'],
      waitMs,
      ...('ca' in access ? { keepServers: serversKeeper(cli, flags.kubeconfig, access.ca) } : {}),
    });
    if (flags['dry-run']) return this.result(done, ({ plans }) => plans.map(planText).join('\n'));
    const { cluster, recorded, hosts, seconds } = done;
    this.result({ cluster, recorded, hosts, seconds }, (value) =>
      value.hosts
        .map(
          (host) =>
            `${host.host} is a ${host.role.replace('-', ' ')} of ${value.cluster} (changed ${host.changed}, unchanged ${host.unchanged}).`,
        )
        .concat(value.recorded ? [] : [unrecorded])
        .concat(`${value.seconds.toFixed(1)} s. Next: kubewright get nodes`)
        .join('\n'),
    );
  }
}
