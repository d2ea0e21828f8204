import { KubewrightError } from '../../base/errors.ts';
import { done, type Step } from '../../engine/step.ts';
import { applyObjects } from '../../kube/apply.ts';
import { ApiError } from '../../kube/errors.ts';
import type { ApiClient, KubeObject } from '../../kube/port.ts';
import { liveObject } from './live-object.ts';
import { announceApply, labelOf } from './object-changes.ts';
import { isSubset } from './subset.ts';

/** As whom we apply what the cluster itself is made of. */
export const FIELD_MANAGER = 'kubewright';

type Objects = (api: ApiClient) => KubeObject[] | Promise<KubeObject[]>;

/** API objects that hold at least these fields; fields that others set are theirs. One concurrent look, one apply. */
export function objectsStep(name: string, client: () => Promise<ApiClient>, objects: Objects): Step {
  return {
    name,
    check: async () => {
      const missing = await differing(client, objects);
      if (missing instanceof KubewrightError) {
        const why = 'what is there cannot be compared yet';
        return { status: 'deferred', on: 'the API server', why, cause: missing };
      }
      if (missing.length === 0) return done;
      return {
        status: 'change',
        summary: missing.map(({ object }) => `apply ${labelOf(object)}`),
        change: {
          kind: 'action',
          permanent: 'lives in etcd and goes with it',
          run: async (signal) =>
            applyAll(
              await client(),
              missing.map(({ object }) => object),
              signal,
            ),
        },
        announce: missing.map(({ object, live }) => announceApply(object, live)),
      };
    },
  };
}

interface Differing {
  object: KubeObject;
  live: KubeObject | undefined;
}

/** Those that are not there, or not as wanted; why that cannot be told. */
async function differing(
  client: () => Promise<ApiClient>,
  objects: Objects,
): Promise<Differing[] | KubewrightError> {
  try {
    const api = await client();
    const wanted = await objects(api);
    const pairs = wanted.map(async (object) => ({ object, live: await liveObject(api, object) }));
    return (await Promise.all(pairs)).filter(({ object, live }) => !live || !isSubset(object, live));
  } catch (error) {
    if (isUnreachable(error)) return error;
    throw error;
  }
}

async function applyAll(api: ApiClient, objects: readonly KubeObject[], signal: AbortSignal): Promise<void> {
  const manifests = objects.map((object) => ({ object, source: 'kubewright', line: 1 }));
  const results = await applyObjects(api, manifests, { fieldManager: FIELD_MANAGER, force: true, signal });
  const refused = results.find(({ error }) => error);
  if (refused) throw refusal(refused.manifest.object, refused.error!);
}

/** In the server's words, without the place in a file that failures of a user's manifests have. */
function refusal(object: KubeObject, error: KubewrightError): KubewrightError {
  const { message } = error.cause instanceof Error ? error.cause : error;
  return new KubewrightError({
    code: error.code,
    message: `The API server refused ${labelOf(object)}: ${message}`,
    evidence: error.evidence,
    hint: 'Is the object as another version, or another hand, left it? kubewright get … -o yaml shows it; the same command again goes on.',
    exit: 'step',
    cause: error,
  });
}

/** Nobody answered, as opposed to: was refused. */
export function isUnreachable(error: unknown): error is KubewrightError {
  return error instanceof KubewrightError && !(error instanceof ApiError);
}

/** Nobody answered, or the server has trouble of its own (an election in etcd, a restart): what waits asks again. */
export function isPassing(error: unknown): error is KubewrightError {
  if (isUnreachable(error)) return true;
  return error instanceof ApiError && (error.httpStatus >= 500 || error.httpStatus === 429);
}
