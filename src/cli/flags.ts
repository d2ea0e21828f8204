import * as Flags from '@oclif/core/flags';

/** How a client verb finds its API server; names and meanings are kubectl's. */
export const clientFlags = {
  kubeconfig: Flags.string({
    helpGroup: 'CLIENT',
    description: 'Kubeconfig file to use instead of $KUBECONFIG or ~/.kube/config.',
  }),
  context: Flags.string({ helpGroup: 'CLIENT', description: 'Kubeconfig context to use.' }),
  cluster: Flags.string({ helpGroup: 'CLIENT', description: 'Kubeconfig cluster to use.' }),
  user: Flags.string({ helpGroup: 'CLIENT', description: 'Kubeconfig user to use.' }),
  namespace: Flags.string({ char: 'n', helpGroup: 'CLIENT', description: 'Namespace of this request.' }),
  server: Flags.string({ char: 's', helpGroup: 'CLIENT', description: 'Address of the API server.' }),
  token: Flags.string({ helpGroup: 'CLIENT', description: 'Bearer token for the API server.' }),
  as: Flags.string({ helpGroup: 'CLIENT', description: 'User to impersonate.' }),
  'as-group': Flags.string({
    helpGroup: 'CLIENT',
    multiple: true,
    multipleNonGreedy: true,
    description: 'Group to impersonate; may be given several times.',
  }),
  'request-timeout': Flags.string({
    helpGroup: 'CLIENT',
    description: 'How long one request may take: 5s, 2m, or 0 for no end.',
  }),
};

export const SSH_CLIENTS = ['auto', 'ssh2', 'openssh'] as const;

/** How a command reaches hosts. */
export const hostFlags = {
  'accept-new-host-keys': Flags.boolean({
    helpGroup: 'HOSTS',
    description:
      'Record host keys that are not known yet instead of asking. A changed key is refused always.',
  }),
  'identity-file': Flags.string({
    char: 'i',
    helpGroup: 'HOSTS',
    description: 'SSH private key, offered before every other.',
  }),
  'ssh-config': Flags.string({
    helpGroup: 'HOSTS',
    description: 'SSH client configuration to read instead of ~/.ssh/config.',
  }),
  'ssh-client': Flags.option({
    options: SSH_CLIENTS,
    default: 'auto',
    env: 'KUBEWRIGHT_SSH_CLIENT',
    helpGroup: 'HOSTS',
    description:
      "Who speaks SSH: ssh2 is built in, openssh is the system's ssh. auto takes openssh where the configuration needs it (ProxyCommand, certificates, security keys).",
  })(),
  'ask-sudo-password': Flags.boolean({
    helpGroup: 'HOSTS',
    exclusive: ['sudo-password-file'],
    description: 'Ask for the sudo password of the hosts.',
  }),
  'sudo-password-file': Flags.string({
    helpGroup: 'HOSTS',
    description: 'File whose first line is the sudo password of the hosts.',
  }),
  lab: Flags.string({
    helpGroup: 'HOSTS',
    description: 'Lab whose hosts are meant, where several labs have a host of that name.',
  }),
};

/** For what changes a cluster: one run at a time. */
export const lockFlags = {
  'wait-for-lock': Flags.integer({
    min: 0,
    helpGroup: 'HOSTS',
    description:
      'Seconds to wait for another run that works on the cluster; default 0: say whose it is, and end.',
  }),
};

export const RUN_FORMATS = ['text', 'json', 'ndjson'] as const;

/** For commands that work on hosts: their result as text or JSON, or every event as it happens (NDJSON). */
export const runOutputFlags = {
  output: Flags.string({
    char: 'o',
    options: [...RUN_FORMATS],
    default: 'text',
    description: 'Output format; ndjson prints each event as it happens and the result last.',
  }),
};

/** For verbs that print objects: kubectl's formats, parsed by src/output/printers. */
export const objectOutputFlags = {
  output: Flags.string({
    char: 'o',
    description: 'Output format: json, yaml, name, wide, jsonpath=…, custom-columns=….',
  }),
};

/** What context.ts reads of a command's flags; any group above may be absent. */
export interface ContextFlags {
  debug?: boolean;
  output?: string;
  timeline?: string;
  kubeconfig?: string;
  context?: string;
  cluster?: string;
  user?: string;
  namespace?: string;
  server?: string;
  token?: string;
  as?: string;
  'as-group'?: string[];
  'request-timeout'?: string;
  'accept-new-host-keys'?: boolean;
  'identity-file'?: string;
  'ssh-config'?: string;
  'ssh-client'?: (typeof SSH_CLIENTS)[number];
  'ask-sudo-password'?: boolean;
  'sudo-password-file'?: string;
  lab?: string;
  'wait-for-lock'?: number;
  'artifacts-source'?: string;
  'artifacts-mirror'?: string;
  'artifacts-delivery'?: string;
}
