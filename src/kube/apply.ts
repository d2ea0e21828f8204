import { mapLimit } from '../base/concurrency.ts';
import { KubewrightError } from '../base/errors.ts';
import { poll } from '../base/wait.ts';
import { failureOf } from './apply/failure.ts';
import { LiveStates, type Wanted } from './apply/live-state.ts';
import { applyOne } from './apply/one.ts';
import type { ApplyOptions, ApplyResult } from './apply/types.ts';
import { waitUntilUsable } from './apply/wait.ts';
import { namespacesBrought, typesBrought, wavesOf } from './apply/waves.ts';
import type { ApiClient, ResourceType } from './port.ts';
import { findType, matchType, resolveType } from './types.ts';
import type { Manifest } from './yaml.ts';

export type { ApplyOptions, ApplyResult } from './apply/types.ts';

const WAIT_MS = 60_000;
const DISCOVERY_WAIT_MS = 10_000;
const CONCURRENCY = 64;

/**
 * Server-side apply of all objects, in waves (see apply/waves.ts), each wave concurrently. The result has one
 * entry an object, in the order given; a failure hides no other. Definitions and namespaces are waited for
 * before what needs them. Throws only for defects and an aborted signal.
 */
export async function applyObjects(
  client: ApiClient,
  manifests: readonly Manifest[],
  options: ApplyOptions = {},
): Promise<ApplyResult[]> {
  const results = new Map<Manifest, ApplyResult>();
  const run: Run = { client, options, manifests, brought: typesBrought(manifests), refreshed: false };
  for (const wave of wavesOf(manifests)) {
    const done = await applyWave(run, wave);
    for (const result of done) results.set(result.manifest, result);
    const definitions = done.some(({ manifest }) => manifest.object.kind === 'CustomResourceDefinition');
    if (definitions && !options.dryRun) await waitForTypes(run, done);
  }
  return manifests.map((manifest) => results.get(manifest)!);
}

/** Discovery follows a moment after a definition is established. */
async function waitForTypes(run: Run, done: readonly ApplyResult[]): Promise<void> {
  const applied = done.filter(({ outcome }) => outcome !== 'failed').map(({ manifest }) => manifest);
  const wanted = typesBrought(applied);
  await poll({ intervalMs: 100, timeoutMs: DISCOVERY_WAIT_MS }, async () => {
    const types = await run.client.discovery({ fresh: true });
    const served = new Set(types.map((type) => `${type.group}/${type.version}/${type.kind}`));
    return [...wanted].every((type) => served.has(type)) ? true : undefined;
  });
}

interface Run {
  client: ApiClient;
  options: ApplyOptions;
  manifests: readonly Manifest[];
  brought: Set<string>;
  refreshed: boolean;
}

async function applyWave(run: Run, wave: readonly Manifest[]): Promise<ApplyResult[]> {
  const { client, options } = run;
  const concurrency = options.concurrency ?? CONCURRENCY;
  const states = new LiveStates(client);
  const prepared = await mapLimit(wave, 1, (manifest) => prepare(run, manifest));
  const targets = prepared.flatMap(({ wanted }) => wanted ?? []);
  await states.load(targets, concurrency).catch(ignoreUntilAsked);
  return mapLimit(prepared, concurrency, async ({ manifest, wanted, result }) => {
    const done = result ?? (await attempt(run, manifest, wanted!, states));
    options.onResult?.(done);
    return done;
  });
}

/** What keeps a list from being read shows again, and is reported, where each object is read by itself. */
function ignoreUntilAsked(error: unknown): void {
  if (!(error instanceof KubewrightError)) throw error;
}

interface Prepared {
  manifest: Manifest;
  wanted?: Wanted;
  result?: ApplyResult;
}

async function prepare(run: Run, manifest: Manifest): Promise<Prepared> {
  const { object } = manifest;
  try {
    const dryRunOf = run.options.dryRun && run.brought.has(`${object.apiVersion}/${object.kind}`);
    const known = matchType(await run.client.discovery(), object);
    if (!known && dryRunOf) return { manifest, result: { manifest, outcome: 'skipped', warnings: [] } };
    const type = known ?? (await lookAgain(run, manifest));
    if (!object.metadata.name) throw nameless();
    const namespace = type.namespaced ? (object.metadata.namespace ?? run.client.namespace) : undefined;
    return { manifest, wanted: { type, namespace, name: object.metadata.name } };
  } catch (error) {
    return { manifest, result: failed(manifest, error) };
  }
}

/** One fresh discovery a run is enough for all types that a stale cache does not have. */
async function lookAgain(run: Run, { object }: Manifest): Promise<ResourceType> {
  if (run.refreshed) return findType(await run.client.discovery(), object);
  run.refreshed = true;
  return resolveType(run.client, object);
}

async function attempt(
  run: Run,
  manifest: Manifest,
  wanted: Wanted,
  states: LiveStates,
): Promise<ApplyResult> {
  const { client, options } = run;
  const { object } = manifest;
  try {
    const applied = await applyOne(client, object, wanted, states, options);
    const foundation = object.kind === 'CustomResourceDefinition' || object.kind === 'Namespace';
    if (foundation && !options.dryRun && applied.object)
      await waitUntilUsable(client, wanted.type, applied.object, options.waitTimeoutMs ?? WAIT_MS);
    return { manifest, type: wanted.type, ...applied };
  } catch (error) {
    if (options.signal?.aborted) throw options.signal.reason;
    const missing = (error as { httpStatus?: number }).httpStatus === 404;
    if (missing && options.dryRun && namespacesBrought(run.manifests).has(wanted.namespace ?? ''))
      return { manifest, type: wanted.type, outcome: 'skipped', warnings: [] };
    return { ...failed(manifest, error), type: wanted.type };
  }
}

function failed(manifest: Manifest, error: unknown): ApplyResult {
  return { manifest, outcome: 'failed', error: failureOf(manifest, error), warnings: [] };
}

function nameless(): KubewrightError {
  return new KubewrightError({
    code: 'NameMissing',
    message: 'apply needs metadata.name (generateName makes a new object each time: use create)',
    exit: 'invalidInput',
  });
}
