import type { LocatedDocument } from '../../../kube/yaml.ts';
import { checkInput, checkName } from '../check-input.ts';
import { DEFAULT_CLUSTER_NAME } from '../defaults.ts';
import { explain } from '../explain.ts';
import type { ClusterFile } from '../file.ts';
import { type Finding, inFile, inOrder, invalidFile, type PlacedFinding, valueAt } from '../findings.ts';
import { closeField } from '../hints.ts';
import { withoutNulls } from '../input-schema.ts';
import { placeIn, readText, warningText } from '../located-text.ts';
import type { NodeSpecInput } from '../types.ts';
import { convertCluster } from './cluster.ts';
import { Conversion, placed, type Source } from './conversion.ts';
import { convertHosts, type HostOptions } from './hosts.ts';
import { isRun, KIND_NAMES, kindFindings, schemaOf } from './kinds.ts';

/** A file of kubeadm as a specification; what has no effect here is in `warnings`. */
export interface KubeadmFile extends ClusterFile {
  /** What it says of the host that kubeadm would run on, where it does not say the host's name. */
  unnamed?: Partial<NodeSpecInput>;
}

/**
 * Reads what `kubeadm init` and `kubeadm join` take as --config (kubeadm.k8s.io/v1beta4 with the configurations of
 * kubelet, kube-proxy and scheduler) as a specification. What the file does not say gets kubewright's defaults, but
 * for the pod network: kubeadm installs none.
 * Throws InvalidClusterFile with all that is wrong, and all that cannot be said here.
 */
export function convertKubeadm(text: string, source: string, options: HostOptions = {}): KubeadmFile {
  const { documents, mistakes } = readText(text, 1);
  const conversion = new Conversion(mistakes);
  if (documents.length === 0) conversion.findings.push({ path: [], message: 'the file is empty', at: START });
  const sources = documents.flatMap((document) => readSource(conversion, document));
  const unnamed = convertAll(conversion, sources, options);
  const { name, ...spec } = conversion.input;
  const { input, findings } = checkInput(spec, undefined);
  const inSpec = [...(name === undefined ? [] : checkName(name)), ...findings];
  const all = [...conversion.findings, ...inSpec.map((finding) => inSource(conversion, finding))];
  if (all.length > 0) throw invalidFile(source, all);
  const { hosts = [], ...rest } = input;
  const named = hosts.filter((_, index) => index !== unnamed);
  return {
    input: {
      ...(name === undefined ? {} : { name: name as string }),
      ...rest,
      ...(named.length > 0 ? { hosts: named } : {}),
    },
    ...(unnamed === undefined ? {} : { unnamed: withoutName(hosts[unnamed]!) }),
    source,
    position: (path) => {
      const origin = conversion.origin(path);
      return origin && placeIn(origin.source.document, origin.from);
    },
    warnings: inOrder(conversion.warnings).map((finding) => warningText(source, finding)),
  };
}

function withoutName({ name: _, ...host }: NodeSpecInput): Partial<NodeSpecInput> {
  return host;
}

const START = { line: 1, column: 1 };

/** A document whose fields are all known, and of their kinds; what is wrong with others is told. */
function readSource(conversion: Conversion, document: LocatedDocument): Source[] {
  const found = kindFindings(document.value);
  if (found.length > 0) {
    const at = (finding: Finding) => placeIn(document, finding.path);
    conversion.findings.push(...found.map((finding) => ({ ...finding, at: at(finding) })));
    return [];
  }
  const kind = valueAt(document.value, ['kind']) as string;
  if (isRun(document.value)) {
    const message = 'has no effect: it is about one run of a command';
    conversion.warnings.push({ path: [kind], message, at: document.start });
    return [];
  }
  const schema = schemaOf(kind);
  const value = schema ? withoutNulls(document.value, schema) : document.value;
  const source = { kind, document, value };
  const parsed = schema?.safeParse(value);
  if (!parsed || parsed.success || !schema) return [source];
  const plain = (path: Finding['path']) => document.find(path)?.plain;
  const findings = explain(parsed.error.issues, { value, schema, plain, unknownHint: closeField });
  conversion.findings.push(
    ...findings.map((finding) => placed(source, finding.path, finding.message, finding.hint, finding.key)),
  );
  return [];
}

/** Returns the index of the host that has no name in the file. */
function convertAll(conversion: Conversion, sources: Source[], options: HostOptions): number | undefined {
  const ordered = KIND_NAMES.flatMap((kind) => sources.filter((each) => each.kind === kind));
  for (const [index, source] of ordered.entries())
    if (ordered[index - 1]?.kind === source.kind)
      conversion.findings.push(placed(source, ['kind'], 'a second document of this kind'));
  const of = (kind: string) => ordered.find((each) => each.kind === kind);
  const [cluster, init] = [of('ClusterConfiguration'), of('InitConfiguration')];
  if (cluster) convertCluster(conversion, cluster);
  const making = cluster ?? init;
  if (making) ownNetwork(conversion, making);
  const unnamed = convertHosts(conversion, { init, join: of('JoinConfiguration') }, options);
  for (const [kind, to] of COMPONENTS) {
    const source = of(kind);
    const { apiVersion: _, kind: __, ...fields } = (source?.value ?? {}) as Record<string, unknown>;
    if (source) conversion.set(to, fields, source, []);
  }
  return unnamed;
}

const COMPONENTS = [
  ['KubeletConfiguration', ['kubelet']],
  ['KubeProxyConfiguration', ['kubeProxy']],
  ['KubeSchedulerConfiguration', ['scheduler', 'config']],
] as const;

function ownNetwork(conversion: Conversion, making: Source): void {
  const { name } = conversion.input;
  if (name === undefined) conversion.set(['name'], DEFAULT_CLUSTER_NAME, making, []);
  conversion.set(['networking', 'cni'], 'none', making, []);
  const message = 'has no pod network, as with kubeadm; spec.networking.cni "flannel" would bring one';
  conversion.warnings.push(placed(making, [], message));
}

function inSource(conversion: Conversion, finding: Finding): PlacedFinding {
  const origin = conversion.origin(finding.path);
  if (!origin) return { ...finding, path: inFile(finding.path), at: undefined };
  return placed(origin.source, origin.from, finding.message, finding.hint);
}
