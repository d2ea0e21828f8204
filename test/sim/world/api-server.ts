import { createHash } from 'node:crypto';
import type { KubeObject } from '../../../src/kube/port.ts';
import { discovery, RESOURCES } from './resources.ts';
import type { Answered, Asked } from './server.ts';
import { type Place, Refused, type Store, typeOf } from './store.ts';

export interface Api {
  store: Store;
  /** etcd has its majority. */
  ready(): boolean;
  /** Text of the EncryptionConfiguration that it was started with. */
  encryption: Buffer | undefined;
  /** After each change: controllers look at it. */
  changed(): Promise<void>;
}

const PUBLIC = /^\/(readyz|livez|healthz|version)$/;
const CLUSTER_INFO = '/api/v1/namespaces/kube-public/configmaps/cluster-info';

/** One request to a simulated kube-apiserver, authenticated, authorized and carried out on the store. */
export async function answerApi(api: Api, asked: Asked): Promise<Answered> {
  try {
    const { path } = asked;
    if (PUBLIC.test(path)) {
      if (path === '/version') return { status: 200, body: { gitVersion: 'v1.37.2' } };
      return api.ready() ? { status: 200, body: 'ok' } : { status: 500, body: 'etcd failed' };
    }
    if (!api.ready()) throw new Refused(500, 'InternalError', 'etcdserver: no leader');
    authorize(api, asked);
    if (path === '/api' || path === '/apis') return { status: 200, body: discovery(path === '/api') };
    if (path === '/metrics') return { status: 200, body: metrics(api.encryption) };
    const answered = carryOut(api.store, asked);
    if (asked.method !== 'GET') await api.changed();
    return answered;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const { status: code, reason, message } = error;
    const body = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message, code };
    return { status: code, body };
  }
}

function authorize({ store }: Api, { user, method, path, headers }: Asked): void {
  const open = method === 'GET' && path === CLUSTER_INFO;
  const bearer = /^Bearer (.*)$/.exec(String(headers.authorization ?? ''))?.[1];
  if (bearer !== undefined && !bootstrapToken(store, bearer))
    throw new Refused(401, 'Unauthorized', 'Unauthorized');
  if (open) return;
  if (!user && bearer === undefined) throw new Refused(401, 'Unauthorized', 'Unauthorized');
  if (user?.groups.includes('system:masters')) return;
  const bound = store.find({ type: typeOf('ClusterRoleBinding'), name: 'kubeadm:cluster-admins' });
  if (bound && user?.groups.includes('kubeadm:cluster-admins')) return;
  if (method === 'GET' && user) return;
  throw new Refused(403, 'Forbidden', `User "${user?.name ?? 'system:bootstrap'}" cannot ${method} ${path}`);
}

/** The Secret of a token that has not expired. */
export function bootstrapToken(store: Store, token: string): KubeObject | undefined {
  const [id] = token.split('.');
  const type = typeOf('Secret');
  const found = store.find({ type, namespace: 'kube-system', name: `bootstrap-token-${id}` });
  const data = { ...fromBase64(found?.data), ...(found?.stringData as Record<string, string> | undefined) };
  if (`${data['token-id']}.${data['token-secret']}` !== token) return undefined;
  return data.expiration && Date.parse(data.expiration) < Date.now() ? undefined : found;
}

function fromBase64(data: unknown): Record<string, string> {
  const entries = Object.entries((data ?? {}) as Record<string, string>);
  return Object.fromEntries(entries.map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}

function metrics(encryption: Buffer | undefined): string {
  const hash = encryption && createHash('sha256').update(encryption).digest('hex');
  return hash
    ? `apiserver_encryption_config_controller_last_config_info{apiserver_id_hash="sha256:0",hash="sha256:${hash}"} 1\n`
    : '';
}

function carryOut(store: Store, { method, path, query, body, headers }: Asked): Answered {
  const { place, subresource } = placeOf(path);
  const given = () => JSON.parse(body) as KubeObject;
  const ok = (object: object): Answered => ({ status: 200, body: object });
  if (subresource === 'eviction') return ok(store.delete(place));
  switch (method) {
    case 'GET':
      return ok(place.name === undefined ? listOf(store, place, query) : store.get(place));
    case 'POST':
      return { status: 201, body: store.create(place, withData(given())) };
    case 'PUT':
      return ok(store.update(place, given()));
    case 'DELETE':
      return ok(store.delete(place));
    case 'PATCH': {
      if (headers['content-type'] !== 'application/apply-patch+yaml') return ok(store.merge(place, given()));
      const { object, created } = store.apply(place, withData(given()), query.get('fieldManager') ?? '');
      return { status: created ? 201 : 200, body: object };
    }
    default:
      throw new Refused(405, 'MethodNotAllowed', method);
  }
}

/** What is written as text is stored as bytes. */
function withData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object as KubeObject & { stringData?: Record<string, string> };
  if (!stringData) return object;
  const added = Object.entries(stringData).map(([key, value]) => [
    key,
    Buffer.from(value).toString('base64'),
  ]);
  return { ...rest, data: { ...(rest.data as object | undefined), ...Object.fromEntries(added) } };
}

function listOf(store: Store, place: Place, query: URLSearchParams): object {
  const selectors = (query.get('fieldSelector') ?? '').split(',').filter(Boolean);
  const labels = (query.get('labelSelector') ?? '').split(',').filter(Boolean);
  const at = (object: KubeObject, path: string) =>
    path
      .split('.')
      .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], object);
  const fits = (object: KubeObject) =>
    selectors.every((selector) => at(object, selector.split('=')[0]!) === selector.split('=').at(-1)) &&
    labels.every((label) => object.metadata.labels?.[label.split('=')[0]!] === label.split('=').at(-1));
  const { group, version, kind } = place.type;
  const apiVersion = group ? `${group}/${version}` : version;
  return { apiVersion, kind: `${kind}List`, metadata: {}, items: store.list(place).filter(fits) };
}

function placeOf(path: string): { place: Place; subresource: string | undefined } {
  const [root, ...rest] = path.slice(1).split('/').map(decodeURIComponent);
  const [group, version, ...words] = root === 'api' ? ['', ...rest] : rest;
  const own = words[0] === 'namespaces' && words.length > 2;
  const [resource, name, subresource] = own ? words.slice(2) : words;
  const type = RESOURCES.find(
    (known) => known.resource === resource && known.group === group && known.version === version,
  );
  if (!type) throw new Refused(404, 'NotFound', 'the server could not find the requested resource');
  return { place: { type, ...(own ? { namespace: words[1] } : {}), name }, subresource };
}
