import { sleep } from '../../base/wait.ts';
import { ApiError, isNotFound } from '../errors.ts';
import { resourcePath } from '../paths.ts';
import type { ApiClient, KubeObject } from '../port.ts';
import type { Wanted } from './live-state.ts';

const ADDRESSES = '/apis/networking.k8s.io/v1/ipaddresses';
/** A creation that is still under way takes far less. */
const SETTLED_MS = 1000;

interface IpAddress {
  metadata: { uid: string };
  spec: { parentRef: { group?: string; resource?: string; namespace?: string; name?: string } };
}

/**
 * A Service whose creation is cut off leaves its address allocated, and for 60 s nobody can create it with that address,
 * nor can whoever began it (kubernetes 1.37, pkg/registry/core/service/ipallocator: `RepairIPAddress`). Where the
 * address is kept for this very Service, which is not there, it is given back. True where sending again makes sense.
 */
export async function releaseLeaked(
  client: ApiClient,
  object: KubeObject,
  wanted: Wanted,
  refused: unknown,
): Promise<boolean> {
  if (object.kind !== 'Service' || !isTaken(refused)) return false;
  const { clusterIP, clusterIPs } = (object.spec ?? {}) as { clusterIP?: string; clusterIPs?: string[] };
  const asked = [...new Set([clusterIP, ...(clusterIPs ?? [])])].filter((each) => each && each !== 'None');
  const kept = await Promise.all(asked.map((address) => keptFor(client, wanted, address!)));
  const leaked = kept.flatMap((each) => each ?? []);
  if (leaked.length === 0) return false;
  await sleep(SETTLED_MS);
  if (await read(client, resourcePath(wanted.type, wanted))) return true;
  for (const { path, uid } of leaked) {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
    await client.request({ method: 'DELETE', path, body });
  }
  return true;
}

function isTaken(error: unknown): boolean {
  return error instanceof ApiError && error.httpStatus === 422 && error.message.includes('already allocated');
}

async function keptFor(client: ApiClient, wanted: Wanted, address: string) {
  const path = `${ADDRESSES}/${encodeURIComponent(address)}`;
  const found = await read<IpAddress>(client, path);
  const { resource, namespace, name } = found?.spec.parentRef ?? {};
  const own = resource === 'services' && namespace === wanted.namespace && name === wanted.name;
  return found && own ? { path, uid: found.metadata.uid } : undefined;
}

async function read<T = KubeObject>(client: ApiClient, path: string): Promise<T | undefined> {
  try {
    return (await client.request<T>({ path })).body;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
