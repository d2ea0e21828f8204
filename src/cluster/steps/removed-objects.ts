import { KubewrightError } from '../../base/errors.ts';
import { done, type Step } from '../../engine/step.ts';
import { isNotFound } from '../../kube/errors.ts';
import { deleteObject } from '../../kube/objects.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import { findType } from '../../kube/types.ts';
import { liveObject } from './live-object.ts';
import { announceDelete, labelOf } from './object-changes.ts';
import { FIELD_MANAGER, isUnreachable } from './objects.ts';

/** None of these that we applied; one of the same name that another tool made stays. */
export function removedObjectsStep(
  name: string,
  client: () => Promise<ApiClient>,
  objects: readonly KubeObject[],
): Step {
  return {
    name,
    check: async () => {
      const ours = await applied(client, objects);
      if (ours instanceof KubewrightError) {
        const why = 'what is there cannot be looked at yet';
        return { status: 'deferred', on: 'the API server', why, cause: ours };
      }
      if (ours.length === 0) return done;
      return {
        status: 'change',
        summary: ours.map((object) => `delete ${labelOf(object)}`),
        announce: ours.map(announceDelete),
        change: {
          kind: 'action',
          permanent: 'the next run with the add-on enabled applies it again',
          run: async () => {
            for (const object of ours.toReversed()) await remove(await client(), object);
          },
        },
      };
    },
  };
}

async function applied(
  client: () => Promise<ApiClient>,
  objects: readonly KubeObject[],
): Promise<KubeObject[] | KubewrightError> {
  try {
    const api = await client();
    const live = await Promise.all(objects.map((object) => liveObject(api, object)));
    return live.filter((object) => object !== undefined).filter(isOurs);
  } catch (error) {
    if (isUnreachable(error)) return error;
    throw error;
  }
}

function isOurs({ metadata }: KubeObject): boolean {
  const managers = (metadata.managedFields ?? []) as { manager?: string; operation?: string }[];
  return managers.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply');
}

async function remove(api: ApiClient, { apiVersion, kind, metadata }: KubeObject): Promise<void> {
  const type = findType(await api.discovery(), { apiVersion, kind });
  const { name, namespace, uid } = metadata;
  try {
    await deleteObject(api, type, name!, {
      ...(namespace ? { namespace } : {}),
      ...(typeof uid === 'string' ? { uid } : {}),
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}
