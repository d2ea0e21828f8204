import { didYouMean } from '../../kube/nearest.ts';
import { checkName } from './check-input.ts';
import { CLUSTER_API_VERSION, CLUSTER_KIND } from './document.ts';
import { type Finding, inFile, valueAt } from './findings.ts';
import { clusterInputSchema } from './input-schema.ts';
import { fieldsOf } from './schema-walk.ts';

/** What stands around `spec`; paths are the document's. */
export interface Envelope {
  /** It is no cluster file of this version: nothing else can be said of it. */
  foreign: boolean;
  findings: Finding[];
  /** What has no effect. */
  warnings: Finding[];
}

const GROUP = 'kubewright.dev/';
const BEGINNING = `a cluster file begins with "apiVersion: ${CLUSTER_API_VERSION}" and "kind: ${CLUSTER_KIND}"`;
const NO_EFFECT = new Set(['metadata.labels', 'metadata.annotations', 'status']);

export function readEnvelope(document: unknown): Envelope {
  const foreign = foreignFindings(document);
  if (foreign.length > 0) return { foreign: true, findings: foreign, warnings: [] };
  const metadata = valueAt(document, ['metadata']) ?? {};
  const top = surplus(document, ['apiVersion', 'kind', 'metadata', 'spec', 'status'], []);
  if (!isMap(metadata)) {
    const wrong = { path: ['metadata'], message: 'must be a map', hint: 'such as "name: prod" below it' };
    return { foreign: false, findings: [...top, wrong], warnings: [] };
  }
  const more = surplus(metadata, ['name', 'labels', 'annotations'], ['metadata']);
  const written = [...paths(document, []), ...paths(metadata, ['metadata'])];
  return {
    foreign: false,
    findings: [
      ...top,
      ...more,
      ...checkName(metadata.name).map((finding) => ({ ...finding, path: inFile(finding.path) })),
    ],
    warnings: written
      .filter((path) => NO_EFFECT.has(path.join('.')))
      .map((path) => ({ path, message: 'has no effect in a cluster file' })),
  };
}

function foreignFindings(document: unknown): Finding[] {
  if (!isMap(document)) return [{ path: [], message: 'a map is expected here', hint: BEGINNING }];
  const { apiVersion, kind } = document;
  if (apiVersion !== CLUSTER_API_VERSION) return [wrongVersion(apiVersion)];
  if (kind === CLUSTER_KIND) return [];
  const hint = typeof kind === 'string' ? didYouMean(kind, [CLUSTER_KIND]) : '';
  return [{ path: ['kind'], ...must(kind, CLUSTER_KIND), hint: hint || BEGINNING }];
}

function wrongVersion(found: unknown): Finding {
  const path = ['apiVersion'];
  if (typeof found !== 'string') return { path, ...must(found, CLUSTER_API_VERSION), hint: BEGINNING };
  if (found.startsWith('kubeadm.k8s.io/')) {
    const hint = '"kubewright config migrate -f FILE" writes it as a cluster file';
    return { path, message: `${found} is a file of kubeadm, not a cluster file`, hint };
  }
  if (found.startsWith(GROUP)) {
    const message = `this kubewright reads ${CLUSTER_API_VERSION} alone, not ${found.slice(GROUP.length)}`;
    return { path, message, hint: 'a newer kubewright may read it' };
  }
  return {
    path,
    ...must(found, CLUSTER_API_VERSION),
    hint: didYouMean(found, [CLUSTER_API_VERSION]) || BEGINNING,
  };
}

function must(found: unknown, wanted: string): { message: string } {
  if (found === undefined || found === null) return { message: 'is missing' };
  return { message: `must be "${wanted}"${typeof found === 'string' ? `, not "${found}"` : ''}` };
}

function surplus(map: unknown, known: string[], at: string[]): Finding[] {
  return paths(map, at)
    .filter((path) => !known.includes(path.at(-1)!))
    .map((path) => ({
      path,
      message: 'there is no such field',
      hint: surplusHint(path.at(-1)!, known),
      key: true,
    }));
}

function surplusHint(key: string, known: string[]): string | undefined {
  if (key === 'namespace') return 'a cluster is in no namespace';
  if (fieldsOf(clusterInputSchema).has(key)) return `it belongs to spec`;
  return didYouMean(key, known) || undefined;
}

function paths(map: unknown, at: string[]): string[][] {
  return Object.keys(map as object).map((key) => [...at, key]);
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
