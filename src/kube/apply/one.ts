import { isDeepStrictEqual } from 'node:util';
import { ApiError, isConflict } from '../errors.ts';
import { resourcePath } from '../paths.ts';
import type { ApiClient, ApiResponse, KubeObject } from '../port.ts';
import { conflictingManagers, fieldConflict } from './failure.ts';
import { releaseLeaked } from './leaked-address.ts';
import type { LiveState, LiveStates, Wanted } from './live-state.ts';
import { isKubectlManager, type ManagedFieldsEntry, takeOver } from './managed-fields.ts';
import type { ApplyOptions, ApplyResult } from './types.ts';

const ATTEMPTS = 5;
const VALIDATION = { strict: 'Strict', warn: 'Warn', ignore: 'Ignore' } as const;

/** Applies one object on the server's side, taking it over from kubectl first where kubectl applied it. */
export async function applyOne(
  client: ApiClient,
  object: KubeObject,
  wanted: Wanted,
  states: LiveStates,
  options: ApplyOptions,
): Promise<Pick<ApplyResult, 'outcome' | 'object' | 'warnings'>> {
  const manager = options.fieldManager ?? 'kubewright';
  let before = await states.get(wanted);
  const fromKubectl = before !== undefined && takeOver(before.managedFields, manager) !== undefined;
  if (fromKubectl && !options.dryRun) before = await migrate(client, wanted, states, before!, manager);
  let answer: ApiResponse<KubeObject>;
  const send = (force = options.force ?? false) => patch(client, object, wanted, options, force);
  try {
    answer = await send();
  } catch (error) {
    // A dry run keeps no migration, so that what it would have solved still conflicts.
    const solved = fromKubectl && options.dryRun && error instanceof ApiError && onlyKubectl(error);
    const released = !solved && !options.dryRun && (await releaseLeaked(client, object, wanted, error));
    if (!solved && !released) throw error;
    answer = await send(solved || undefined);
  }
  const outcome =
    options.dryRun && answer.status === 200
      ? await dryOutcome(client, wanted, answer.body)
      : outcomeOf(answer, before, manager);
  return { outcome, object: answer.body, warnings: answer.warnings };
}

function outcomeOf(
  answer: ApiResponse<KubeObject>,
  before: LiveState | undefined,
  manager: string,
): ApplyResult['outcome'] {
  if (answer.status === 201) return 'created';
  const { resourceVersion, managedFields = [] } = answer.body.metadata;
  if (resourceVersion === before?.resourceVersion) return 'unchanged';
  // A manifest without any field (a bare Namespace) owns nothing; the server then only rewrites who owned what before.
  const entries = [...(before?.managedFields ?? []), ...(managedFields as ManagedFieldsEntry[])];
  const owns = entries.some((entry) => entry.manager === manager);
  return before && !owns ? 'unchanged' : 'configured';
}

/** A dry run leaves the version as it was, so the objects themselves are compared. */
async function dryOutcome(
  client: ApiClient,
  wanted: Wanted,
  after: KubeObject,
): Promise<ApplyResult['outcome']> {
  const { body: before } = await client.request<KubeObject>({ path: resourcePath(wanted.type, wanted) });
  return isDeepStrictEqual(substance(before), substance(after)) ? 'unchanged' : 'configured';
}

function substance(object: KubeObject): unknown {
  const { managedFields: _, resourceVersion: __, generation: ___, ...metadata } = object.metadata;
  return { ...object, metadata };
}

const onlyKubectl = (error: ApiError): boolean =>
  fieldConflict(error) && conflictingManagers(error).every(isKubectlManager);

function patch(
  client: ApiClient,
  object: KubeObject,
  { type, namespace, name }: Wanted,
  options: ApplyOptions,
  force: boolean,
): Promise<ApiResponse<KubeObject>> {
  const { managedFields: _, ...metadata } = object.metadata;
  return client.request<KubeObject>({
    method: 'PATCH',
    path: resourcePath(type, { namespace, name }),
    query: {
      fieldManager: options.fieldManager ?? 'kubewright',
      force: force || undefined,
      dryRun: options.dryRun ? 'All' : undefined,
      fieldValidation: VALIDATION[options.validate ?? 'strict'],
    },
    contentType: 'application/apply-patch+yaml',
    body: { ...object, metadata: type.namespaced ? { ...metadata, namespace } : metadata },
    signal: options.signal,
  });
}

/** The version is part of the patch, so that it cannot undo what somebody else changes meanwhile. */
async function migrate(
  client: ApiClient,
  wanted: Wanted,
  states: LiveStates,
  found: LiveState,
  manager: string,
): Promise<LiveState | undefined> {
  let state: LiveState | undefined = found;
  for (let attempt = 1; state; attempt++) {
    const entries = takeOver(state.managedFields, manager);
    if (!entries) return state;
    try {
      const { body } = await client.request<KubeObject>({
        method: 'PATCH',
        path: resourcePath(wanted.type, wanted),
        contentType: 'application/json-patch+json',
        body: [
          { op: 'replace', path: '/metadata/managedFields', value: entries },
          { op: 'replace', path: '/metadata/resourceVersion', value: state.resourceVersion },
        ],
      });
      // Compared with the state before: a migration alone is no change to what the user sees.
      return { resourceVersion: body.metadata.resourceVersion ?? '', managedFields: entries };
    } catch (error) {
      if (!isConflict(error) || attempt >= ATTEMPTS) throw error;
      state = await states.read(wanted);
    }
  }
  return undefined;
}
