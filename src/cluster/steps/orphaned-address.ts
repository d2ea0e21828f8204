import { ApiError } from '../../kube/errors.ts';
import { deleteObject, getOne } from '../../kube/objects.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import { findType } from '../../kube/types.ts';
import { liveObject } from './live-object.ts';

const TYPE = { apiVersion: 'networking.k8s.io/v1', kind: 'IPAddress' };

interface Address extends KubeObject {
  spec: { parentRef: { resource: string; namespace?: string; name: string } };
}

/**
 * A run that is killed while it makes a Service can leave the Service's address taken: the API server reserves it first
 * (an IPAddress), and does not come as far as the Service, nor as giving it back. By itself it does so after 60 s
 * (k8s.io/kubernetes pkg/registry/core/service/ipallocator/controller/repairip.go). Answers true where this was the
 * reason of a refusal, and is not any more.
 */
export async function freeOrphanedAddress(
  api: ApiClient,
  service: KubeObject,
  error: unknown,
): Promise<boolean> {
  if (!isTaken(error) || service.kind !== 'Service' || (await liveObject(api, service))) return false;
  const type = findType(await api.discovery(), TYPE);
  const freed = await Promise.all(
    addressesOf(service).map(async (address) => {
      const { metadata, spec } = (await getOne(api, type, address)) as Address;
      if (!isFor(spec.parentRef, service)) return false;
      await deleteObject(api, type, address, { uid: metadata.uid });
      return true;
    }),
  );
  return freed.some((each) => each);
}

function isTaken(error: unknown): boolean {
  return error instanceof ApiError && error.httpStatus === 422 && error.message.includes('already allocated');
}

function addressesOf({ spec }: KubeObject): string[] {
  const { clusterIP, clusterIPs } = spec as { clusterIP?: string; clusterIPs?: string[] };
  return clusterIPs ?? (clusterIP ? [clusterIP] : []);
}

function isFor(
  { resource, namespace, name }: Address['spec']['parentRef'],
  { metadata }: KubeObject,
): boolean {
  return resource === 'services' && namespace === metadata.namespace && name === metadata.name;
}
