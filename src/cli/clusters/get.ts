import { KubewrightError } from '../../base/errors.ts';
import { fetchRecord } from '../../cluster/record.ts';
import { toDocument } from '../../cluster/spec/document.ts';
import { endpointUrl } from '../../cluster/spec/node.ts';
import type { ClusterSpec } from '../../cluster/spec/types.ts';
import type { ApiClient } from '../../kube/port.ts';
import { usageFault } from '../../objects/failures.ts';
import { parseFormat } from '../../objects/printing/format.ts';
import { asList, ObjectPrinter, type ObjectPrinterOptions } from '../../objects/printing/objects.ts';
import { readArguments } from '../../objects/selection/arguments.ts';
import type { Output } from '../../objects/streams.ts';
import { TabWriter } from '../../output/printers/tab-writer.ts';
import { type Table, TablePrinter } from '../../output/printers/table.ts';

const GROUP = 'kubewright.dev';
const WORDS = new Set(['cluster', 'clusters', `cluster.${GROUP}`, `clusters.${GROUP}`]);

export interface ClusterNames {
  /** None: whichever there is. */
  names: string[];
}

/**
 * The clusters that the words after `get` name; undefined where they name types of the API server. Ours are never
 * asked for there: a type `clusters` of another group goes by `clusters.GROUP`.
 */
export function clustersNamed(words: readonly string[]): ClusterNames | undefined {
  const { types, names, pairs } = readArguments(words, 'get');
  const all = [...types, ...pairs.map(({ type }) => type)].map((type) => type.toLowerCase());
  const ours = all.filter((type) => WORDS.has(type));
  if (ours.length === 0) return undefined;
  if (ours.length < all.length || types.length > 1)
    throw usageFault(
      'clusters are not in the API server: ask for them by themselves',
      'kubewright get clusters',
    );
  return { names: pairs.length > 0 ? pairs.map(({ name }) => name) : names };
}

export interface GetClusterOptions extends ObjectPrinterOptions {
  output?: string | undefined;
  cwd: string;
  ignoreNotFound: boolean;
}

/** Shows the cluster that the API server has the record of, as a cluster file has it. */
export async function getClusters(
  api: ApiClient,
  { names }: ClusterNames,
  options: GetClusterOptions,
  output: Output,
): Promise<void> {
  const format = parseFormat(options.output, options.cwd);
  const recorded = await fetchRecord(api);
  const missing = names.filter((name) => name !== recorded?.name);
  const found = recorded && (names.length === 0 || names.includes(recorded.name)) ? [recorded] : [];
  if (format.kind === 'table') output.out(tableOf(found, format.wide, options.noHeaders));
  else if (found.length > 0 || names.length === 0) {
    const documents = found.map(toDocument);
    const single = names.length === 1 ? documents[0] : undefined;
    output.out(new ObjectPrinter(format, options).print(single ?? asList(documents)));
  }
  if (found.length === 0 && names.length === 0 && format.kind === 'table') output.note('No resources found');
  if (missing.length > 0 && !options.ignoreNotFound) throw notFound(missing[0]!, recorded);
}

function notFound(name: string, recorded: ClusterSpec | undefined): KubewrightError {
  return new KubewrightError({
    code: 'NotFound',
    message: `clusters.${GROUP} "${name}" not found`,
    hint: recorded
      ? `the current context is one of the cluster ${recorded.name}; --context or --via HOST choose another`
      : 'the cluster of the current context has no record of kubewright; --context or --via HOST choose another',
    exit: 'failure',
  });
}

function tableOf(clusters: readonly ClusterSpec[], wide: boolean, noHeaders: boolean | undefined): string {
  const column = (name: string, priority = 0) => ({ name, type: 'string', priority });
  const table: Table = {
    columnDefinitions: [
      { ...column('Name'), format: 'name' },
      ...['Version', 'Hosts', 'Control-Planes', 'Endpoint'].map((name) => column(name)),
      ...['Pod-Subnet', 'Service-Subnet', 'CNI'].map((name) => column(name, 1)),
    ],
    rows: clusters.map((spec) => ({ cells: cellsOf(spec) })),
  };
  const out = new TabWriter();
  new TablePrinter({ wide, ...(noHeaders ? { noHeaders } : {}) }).print(table, out);
  return out.take();
}

function cellsOf(spec: ClusterSpec): (string | number)[] {
  const { podSubnet, serviceSubnet, cni } = spec.networking;
  const controlPlanes = spec.hosts.filter(({ role }) => role === 'control-plane').length;
  const { name, kubernetesVersion, hosts } = spec;
  return [
    name,
    kubernetesVersion,
    hosts.length,
    controlPlanes,
    endpointUrl(spec),
    podSubnet,
    serviceSubnet,
    cni,
  ];
}
