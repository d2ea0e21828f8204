import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { accessFlags } from '../../src/cli/access-flags.ts';
import { BaseCommand } from '../../src/cli/base-command.ts';
import { clusterAccess } from '../../src/cli/cluster-access.ts';
import { hostFlags } from '../../src/cli/flags.ts';
import { DEFAULT_NODE_TOKEN_GROUP, TOKEN_USAGES } from '../../src/cluster/manifests/bootstrap-token.ts';
import { expiryOf } from '../../src/cluster/tokens/check.ts';
import { discoveryWarning } from '../../src/cluster/tokens/discovery-warning.ts';
import { joinCommand } from '../../src/cluster/tokens/join-command.ts';
import { createToken } from '../../src/cluster/tokens/tokens.ts';

export default class TokenCreate extends BaseCommand {
  static override summary = 'Make a bootstrap token, with which a host can join the cluster by itself.';
  static override description =
    'Prints the token, or the whole command that makes the host on which it is run a worker. Options are those of kubeadm token create.';
  static override examples = [
    '<%= config.bin %> token create',
    '<%= config.bin %> token create --print-join-command',
    '<%= config.bin %> token create --print-join-command --kubeadm --via cp1',
    "<%= config.bin %> token create abcdef.0123456789abcdef --ttl 2h --description 'for rack 7'",
  ];
  static override args = {
    token: Args.string({
      ignoreStdin: true,
      description: 'Of the form [a-z0-9]{6}.[a-z0-9]{16}; default a random one.',
    }),
  };
  static override flags = {
    ttl: Flags.string({
      default: '24h0m0s',
      description: 'How long it lives: 30s, 15m, 2h; 0 for ever.',
    }),
    description: Flags.string({ description: 'What it is for, shown by token list.' }),
    usages: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      default: [...TOKEN_USAGES],
      description: 'What it can be used for.',
    }),
    groups: Flags.string({
      multiple: true,
      multipleNonGreedy: true,
      delimiter: ',',
      description: `Groups that its bearer belongs to; default ${DEFAULT_NODE_TOKEN_GROUP}.`,
    }),
    'print-join-command': Flags.boolean({
      description: 'Print the command that joins with it, in one line.',
    }),
    kubeadm: Flags.boolean({
      dependsOn: ['print-join-command'],
      description: 'Print that command for kubeadm instead.',
    }),
    output: Flags.string({
      char: 'o',
      options: ['text', 'json'],
      default: 'text',
      description: 'Output format.',
    }),
    ...accessFlags,
    ...hostFlags,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(TokenCreate);
    const cli = this.context(flags);
    const ports = await cli.clusterPorts();
    const { description } = flags;
    const usages = flags.usages.filter(Boolean);
    const unnamed = usages.includes('authentication') ? [DEFAULT_NODE_TOKEN_GROUP] : [];
    const groups = flags.groups?.filter(Boolean) ?? unnamed;
    const expires = expiryOf(flags.ttl, ports.now());
    const access = await clusterAccess(cli, ports, flags.via);
    const options = {
      usages,
      groups,
      ...(expires ? { expires } : {}),
      ...(description ? { description } : {}),
    };
    const warning = await discoveryWarning(access.api);
    if (warning) this.reporter.emit({ type: 'message', level: 'warning', text: warning });
    const token = await createToken(access.api, args.token, options);
    const command = flags['print-join-command'] ? await joinCommand(access, token) : undefined;
    this.result(
      { token, expires: expires?.toISOString(), joinCommand: command },
      () => (flags.kubeadm ? command?.kubeadm : command?.kubewright) ?? token,
    );
  }
}
