import type { ApiClient, ResourceType } from '../../kube/port.ts';
import { resolveType } from '../../kube/types.ts';
import type { Manifest } from '../../kube/yaml.ts';
import { unreadable, usageFault } from '../failures.ts';
import { inNamespace } from '../manifests.ts';
import { type Named, readArguments } from './arguments.ts';
import { type FileOptions, type FileSelection, readFiles } from './files.ts';
import { typeOf, typesOf } from './types.ts';

/** How a user says which objects are meant; names and meaning are kubectl's. */
export interface SelectionOptions extends FileOptions {
  /** The words after the verb. */
  words: readonly string[];
  filenames?: readonly string[];
  /** What stands in them, where that has been read. */
  files?: FileSelection;
  labelSelector?: string;
  fieldSelector?: string;
  all?: boolean;
  allNamespaces?: boolean;
  /** `-n`, where it was given: manifests may then not name another one. */
  namespace?: string;
  /** For messages: `get`. */
  verb: string;
}

/** One object by name. */
export interface OneTarget {
  type: ResourceType;
  name: string;
  namespace?: string;
  /** Where `-f` found it. */
  manifest?: Manifest;
}

/** All objects of a type that selectors leave. */
export interface ListTarget {
  type: ResourceType;
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
}

export interface Selected {
  ones: OneTarget[];
  lists: ListTarget[];
  /** Whether one object was asked for, so that it is printed as itself and not within a list. */
  single: boolean;
}

/** What is meant, with types resolved and nothing read of the objects yet. Throws KubewrightError. */
export async function select(
  client: ApiClient,
  options: SelectionOptions,
  rules: { listWithoutSelector: boolean },
): Promise<Selected> {
  const named = namedIn(options);
  if (options.filenames?.length) return fromFiles(client, options);
  const bySelector = options.labelSelector || options.fieldSelector || options.all;
  if (named.pairs.length > 0) {
    if (bySelector)
      throw usageFault('selectors and the all flag cannot be used when passing resource/name arguments');
    return byName(client, options, named.pairs);
  }
  if (named.names.length > 0) {
    if (bySelector) throw usageFault('name cannot be provided when a selector is specified');
    const [type = ''] = named.types;
    return byName(
      client,
      options,
      named.names.map((name) => ({ type, name })),
    );
  }
  const types = (await Promise.all(named.types.map((word) => typesOf(client, word)))).flat();
  if (!bySelector && !rules.listWithoutSelector)
    throw usageFault('resource(s) were provided, but no name was specified');
  return { ones: [], lists: types.map((type) => listOf(client, options, type)), single: false };
}

/** What words and files name; throws where that is nothing, before anybody is asked for it. */
export function namedIn(options: SelectionOptions): Named {
  const named = readArguments(options.words, options.verb);
  checkSelectors(options);
  const nothing = named.types.length + named.pairs.length === 0;
  if (nothing && !options.filenames?.length) throw nothingNamed(options);
  return named;
}

function listOf(client: ApiClient, options: SelectionOptions, type: ResourceType): ListTarget {
  const { labelSelector, fieldSelector } = options;
  const namespace = type.namespaced && !options.allNamespaces ? client.namespace : undefined;
  return { type, namespace, labelSelector, fieldSelector };
}

async function byName(
  client: ApiClient,
  options: SelectionOptions,
  pairs: Named['pairs'],
): Promise<Selected> {
  const ones = await Promise.all(
    pairs.map(async ({ type: word, name }) => {
      const type = await typeOf(client, word);
      if (type.namespaced && options.allNamespaces)
        throw usageFault('a resource cannot be retrieved by name across all namespaces');
      return { type, name, namespace: type.namespaced ? client.namespace : undefined };
    }),
  );
  return { ones, lists: [], single: ones.length === 1 };
}

async function fromFiles(client: ApiClient, options: SelectionOptions): Promise<Selected> {
  if (options.words.length > 0)
    throw usageFault(
      'when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well',
    );
  const { manifests, single, clusters } = options.files ?? (await readFiles(options.filenames!, options));
  if (clusters[0]) throw notForClusters(clusters[0].source, options.verb);
  const ones: OneTarget[] = [];
  for (const manifest of manifests) ones.push(await oneOf(client, options, manifest));
  const { labelSelector } = options;
  const kept = labelSelector ? ones.filter((one) => fits(one.manifest!, labelSelector)) : ones;
  return { ones: kept, lists: [], single: single && kept.length === 1 };
}

async function oneOf(client: ApiClient, options: SelectionOptions, manifest: Manifest): Promise<OneTarget> {
  const type = await resolveType(client, manifest.object);
  const { name } = manifest.object.metadata;
  if (!name) throw usageFault(`${manifest.source}:${manifest.line}: resource name may not be empty`);
  return { type, name, namespace: inNamespace(client, manifest, type, options.namespace), manifest };
}

/** Equality only, which is what is used with files; the server is not asked here. */
function fits({ object }: Manifest, selector: string): boolean {
  if (selector.includes('(')) throw usageFault('with -f a selector can only compare: key=value, key!=value');
  const labels = object.metadata.labels ?? {};
  return selector.split(',').every((term) => {
    const [, key = '', operator, value = ''] = /^\s*([^=!\s]+)\s*(==?|!=)?\s*(.*?)\s*$/.exec(term) ?? [];
    if (operator === undefined)
      return term.trim().startsWith('!') ? !(term.trim().slice(1) in labels) : key in labels;
    return operator === '!=' ? labels[key] !== value : labels[key] === value;
  });
}

function checkSelectors({ all, labelSelector, fieldSelector }: SelectionOptions): void {
  if (all && labelSelector) throw usageFault('cannot set --all and --selector at the same time');
  if (all && fieldSelector) throw usageFault('cannot set --all and --field-selector at the same time');
}

function notForClusters(source: string, verb: string) {
  return unreadable(`${source} declares a cluster, which is not an object of an API server`, {
    hint: `apply, diff and delete take it; kubewright ${verb === 'get' ? 'get cluster NAME shows' : 'get clusters finds'} it`,
  });
}

function nothingNamed({ verb, labelSelector, fieldSelector, all }: SelectionOptions) {
  if (labelSelector || fieldSelector || all)
    return usageFault('at least one resource must be specified to use a selector');
  return usageFault(
    `You must provide one or more resources by argument or filename.`,
    `for example: kubewright ${verb} -f web.yaml, kubewright ${verb} pods NAME or kubewright ${verb} pod/NAME`,
  );
}
