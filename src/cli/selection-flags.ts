import * as Flags from '@oclif/core/flags';

const SELECT = { helpGroup: 'SELECTION' };

/** `-f` and `-R`, as every verb that reads manifests takes them. */
export const fileFlags = {
  filename: Flags.string({
    ...SELECT,
    char: 'f',
    multiple: true,
    multipleNonGreedy: true,
    description:
      'Manifest file, folder, http(s) address, or - for standard input; may be given several times.',
  }),
  recursive: Flags.boolean({ ...SELECT, char: 'R', description: 'Read folders inside folders too.' }),
};

/** Which objects of a type are meant. */
export const selectorFlags = {
  selector: Flags.string({
    ...SELECT,
    char: 'l',
    description: 'Labels that objects must have: key=value, key!=value, "key in (a,b)".',
  }),
  'field-selector': Flags.string({
    ...SELECT,
    description: 'Fields that objects must have, as far as the server takes them: status.phase=Running.',
  }),
  'all-namespaces': Flags.boolean({ ...SELECT, char: 'A', description: 'Objects of all namespaces.' }),
};

export const dryRunFlag = {
  'dry-run': Flags.string({
    options: ['none', 'client', 'server'],
    default: 'none',
    description:
      'Change nothing: the server checks (server), or it is not even asked (client). Of a cluster: its hosts are looked at, or its file alone.',
  }),
};

/** For verbs on a cluster as a declared object. */
export const pruneHostsFlag = {
  'prune-hosts': Flags.boolean({
    helpGroup: 'HOSTS',
    description: 'Remove hosts from the cluster that its file does not name any more.',
  }),
};

/** What the flags above parse to. */
export interface SelectionFlags {
  filename?: string[];
  recursive?: boolean;
  selector?: string;
  'field-selector'?: string;
  'all-namespaces'?: boolean;
  all?: boolean;
  namespace?: string;
}
