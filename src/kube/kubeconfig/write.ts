import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { readsAsText } from '../yaml/scalars.ts';
import { kubeconfigError } from './failures.ts';
import { withLockedFile } from './locked-file.ts';
import type { ClusterEntry, ContextEntry, UserEntry } from './model.ts';
import { serversExtension } from './servers.ts';

/** One cluster with its user and context, under one name each. */
export interface KubeconfigEntry {
  /** Name of the context. */
  context: string;
  /** Names of cluster and user; default the context's. */
  clusterName?: string;
  userName?: string;
  cluster: ClusterEntry;
  user: UserEntry;
  namespace?: string;
  /** Make it the current context; default: only where there is none yet. */
  setCurrent?: boolean;
}

/**
 * Puts the entry into the file, in place of one of the same name; everything else stays as it is, comments and
 * fields that we do not know too. Under client-go's lock file, by rename, mode 0600.
 */
export async function mergeIntoKubeconfig(file: string, entry: KubeconfigEntry): Promise<void> {
  const clusterName = entry.clusterName ?? entry.context;
  const userName = entry.userName ?? entry.context;
  const context: ContextEntry = { cluster: clusterName, user: userName };
  if (entry.namespace) context.namespace = entry.namespace;
  await edit(file, (document) => {
    put(document, 'clusters', clusterName, 'cluster', entry.cluster);
    put(document, 'users', userName, 'user', entry.user);
    put(document, 'contexts', entry.context, 'context', context);
    const current = document.get('current-context');
    if (entry.setCurrent ?? (current === undefined || current === null || current === ''))
      document.set('current-context', text(document, entry.context));
  });
}

/** Takes a context out, with its cluster and user where no other context needs them. A missing one is fine. */
export async function removeFromKubeconfig(file: string, context: string): Promise<void> {
  await edit(file, (document) => {
    const gone = find(document, 'contexts', context);
    if (!gone) return;
    const cluster = gone.getIn(['context', 'cluster']);
    const user = gone.getIn(['context', 'user']);
    remove(document, 'contexts', context);
    const used = (field: string, name: unknown) =>
      items(document, 'contexts').some((item) => item.getIn(['context', field]) === name);
    if (typeof cluster === 'string' && !used('cluster', cluster)) remove(document, 'clusters', cluster);
    if (typeof user === 'string' && !used('user', user)) remove(document, 'users', user);
    if (document.get('current-context') === context) document.set('current-context', text(document, ''));
  });
}

/** Writes which API servers a cluster of ours has; one that has gone meanwhile is fine. */
export async function rememberServers(
  file: string,
  cluster: string,
  { server, servers }: { server: string; servers: readonly string[] },
): Promise<void> {
  await edit(file, (document) => {
    const entry = find(document, 'clusters', cluster)?.get('cluster');
    if (!isMap(entry)) return;
    const extensions = entry.get('extensions');
    const ours = serversExtension(servers);
    const place = isSeq(extensions)
      ? extensions.items.findIndex((item) => isMap(item) && item.get('name') === ours.name)
      : -1;
    if (place < 0) return;
    entry.setIn(['extensions', place], quoted(document.createNode(strip(ours))));
    entry.set('server', text(document, server));
  });
}

export async function setCurrentContext(file: string, context: string): Promise<void> {
  await edit(file, (document) => {
    if (!find(document, 'contexts', context))
      throw kubeconfigError('UnknownContext', `there is no context "${context}" in ${file}`);
    document.set('current-context', text(document, context));
  });
}

/** Puts the tokens that an auth provider got into its user's entry. */
export async function rememberTokens(
  file: string,
  user: string,
  tokens: Record<string, string | undefined>,
): Promise<void> {
  await edit(file, (document) => {
    const entry = find(document, 'users', user);
    for (const [name, value] of Object.entries(tokens))
      if (entry && value) entry.setIn(['user', 'auth-provider', 'config', name], text(document, value));
  });
}

const EMPTY = 'apiVersion: v1\nkind: Config\n';

async function edit(file: string, change: (document: Document) => void): Promise<void> {
  await withLockedFile(file, (before) => {
    // Without a schema every scalar stays the text that it was and is written back alike.
    const document = parseDocument(before?.trim() ? before : EMPTY, { schema: 'failsafe', version: '1.1' });
    const error = document.errors[0];
    if (error || !isMap(document.contents))
      throw kubeconfigError(
        'KubeconfigInvalid',
        `${file} is not a kubeconfig: ${error?.message ?? 'a map is expected'}`,
        {
          hint: 'nothing was written; mend it or move it away',
        },
      );
    change(document);
    return document.toString({ lineWidth: 0, indentSeq: false, flowCollectionPadding: false });
  });
}

function items(document: Document, list: string): YAMLMap[] {
  const found = document.get(list, true);
  return isSeq(found) ? found.items.filter((item): item is YAMLMap => isMap(item)) : [];
}

function find(document: Document, list: string, name: string): YAMLMap | undefined {
  return items(document, list).find((item) => item.get('name') === name);
}

function put(document: Document, list: string, name: string, key: string, value: object): void {
  const node = quoted(document.createNode(strip(value)));
  const existing = find(document, list, name);
  if (existing) {
    existing.set(key, node);
    return;
  }
  const found = document.get(list, true);
  const created = quoted(document.createNode({ [key]: null, name }) as YAMLMap);
  (created as YAMLMap).set(key, node);
  if (isSeq(found)) {
    if (found.items.length === 0) found.flow = false;
    found.add(created);
  } else document.set(list, document.createNode([created]));
}

function remove(document: Document, list: string, name: string): void {
  const found = document.get(list, true) as YAMLSeq;
  if (isSeq(found)) found.items = found.items.filter((item) => !(isMap(item) && item.get('name') === name));
}

/** Without the fields that are undefined. */
function strip(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function text(document: Document, value: string): unknown {
  return quoted(document.createNode(value));
}

/** What YAML 1.1 would not read as text gets quotes. */
function quoted<T>(node: T): T {
  if (isScalar(node) && typeof node.value === 'string' && !readsAsText(node.value))
    node.type = Scalar.QUOTE_DOUBLE;
  if (isScalar(node) && typeof node.value !== 'string' && node.value !== null)
    node.value = String(node.value);
  if (isSeq(node)) node.items.forEach(quoted);
  if (isMap(node)) for (const pair of node.items) quoted(pair.value);
  return node;
}
