import { KubewrightError } from '../base/errors.ts';
import { type ApplyResult, applyObjects } from '../kube/apply.ts';
import type { ApiClient, KubeObject } from '../kube/port.ts';
import { matchType, resolveType } from '../kube/types.ts';
import type { Manifest } from '../kube/yaml.ts';
import { throwAll, unreadable, usageFault } from './failures.ts';
import { inNamespace } from './manifests.ts';
import { type Format, parseFormat } from './printing/format.ts';
import { asList, nameOf, ObjectPrinter } from './printing/objects.ts';
import type { FileSelection } from './selection/files.ts';
import { type Output, warn } from './streams.ts';

export type DryRun = 'none' | 'client' | 'server';

export interface ApplyCommandOptions {
  files: FileSelection;
  cwd: string;
  signal?: AbortSignal | undefined;
  namespace?: string;
  output?: string;
  dryRun: DryRun;
  forceConflicts?: boolean;
  fieldManager?: string;
  validate?: 'strict' | 'warn' | 'ignore';
  showManagedFields?: boolean;
  /** How long definitions and namespaces may take until they are usable. */
  timeoutMs?: number;
}

/**
 * `apply -f`: server-side, in waves, everything that can be done done; then throws what was refused, each error
 * with its file and line. Gives what was applied, in the order of the files.
 */
export async function apply(
  client: ApiClient,
  options: ApplyCommandOptions,
  output: Output,
): Promise<ApplyResult[]> {
  const format = options.output ? parseFormat(options.output, options.cwd) : undefined;
  if (format?.kind === 'table')
    throw usageFault(`unable to match a printer suitable for the output format "${options.output}"`);
  const { manifests } = options.files;
  if (manifests.length === 0) throw unreadable('no objects passed to apply');
  await checkNamespaces(client, manifests, options.namespace);
  const words = `serverside-applied${suffix(options.dryRun)}`;
  const lines = new InOrder(manifests, (result) => show(result, words, format, output));
  const results =
    options.dryRun === 'client'
      ? await pretend(client, manifests, lines)
      : await applyObjects(client, manifests, {
          fieldManager: options.fieldManager,
          force: options.forceConflicts,
          dryRun: options.dryRun === 'server',
          validate: options.validate,
          waitTimeoutMs: options.timeoutMs,
          signal: options.signal,
          onResult: (result) => lines.add(result),
        });
  const objects = results.flatMap(({ object }) => object ?? []);
  if (format && format.kind !== 'name' && objects.length > 0)
    output.out(
      new ObjectPrinter(format, options).print(
        objects.length === 1 ? objects[0] : asList(objects, 'written'),
      ),
    );
  throwAll(results.flatMap(({ error }) => error ?? []));
  return results;
}

const suffix = (dryRun: DryRun): string =>
  dryRun === 'none' ? '' : dryRun === 'client' ? ' (dry run)' : ' (server dry run)';

function show(result: ApplyResult, words: string, format: Format | undefined, output: Output): void {
  for (const text of result.warnings) warn(output, text);
  const object = result.object ?? result.manifest.object;
  if (result.outcome === 'skipped')
    output.note(`${nameOf(object)} cannot be checked before what it needs is there`);
  if (result.outcome === 'skipped' || result.outcome === 'failed') return;
  if (format?.kind === 'name') output.out(`${nameOf(object)}\n`);
  else if (!format) output.out(`${nameOf(object)} ${words}\n`);
}

/** Passes results on in the order of the files, each as soon as those before it are there. */
class InOrder {
  readonly #waiting = new Map<Manifest, ApplyResult>();
  readonly #order: readonly Manifest[];
  readonly #pass: (result: ApplyResult) => void;
  #next = 0;

  constructor(order: readonly Manifest[], pass: (result: ApplyResult) => void) {
    this.#order = order;
    this.#pass = pass;
  }

  add(result: ApplyResult): void {
    this.#waiting.set(result.manifest, result);
    for (let ready = this.#take(); ready; ready = this.#take()) this.#pass(ready);
  }

  #take(): ApplyResult | undefined {
    const manifest = this.#order[this.#next];
    const ready = manifest && this.#waiting.get(manifest);
    if (ready) this.#next++;
    return ready;
  }
}

/** `-n` must not contradict a file; what the server does not know yet may come with the same run. */
async function checkNamespaces(
  client: ApiClient,
  manifests: readonly Manifest[],
  explicit: string | undefined,
): Promise<void> {
  if (explicit === undefined) return;
  const types = await client.discovery();
  for (const manifest of manifests)
    inNamespace(client, manifest, matchType(types, manifest.object) ?? { namespaced: true }, explicit);
}

/** `--dry-run=client`: the server is asked for its types only. */
async function pretend(
  client: ApiClient,
  manifests: readonly Manifest[],
  lines: InOrder,
): Promise<ApplyResult[]> {
  const results: ApplyResult[] = [];
  for (const manifest of manifests) {
    const result = await pretendOne(client, manifest);
    lines.add(result);
    results.push(result);
  }
  return results;
}

async function pretendOne(client: ApiClient, manifest: Manifest): Promise<ApplyResult> {
  try {
    const type = await resolveType(client, manifest.object);
    const namespace = inNamespace(client, manifest, type, undefined);
    const { metadata } = manifest.object;
    const object: KubeObject = {
      ...manifest.object,
      metadata: namespace ? { ...metadata, namespace } : metadata,
    };
    return { manifest, type, outcome: 'configured', object, warnings: [] };
  } catch (error) {
    if (!(error instanceof KubewrightError)) throw error;
    const { code, hint } = error;
    const message = `${manifest.source}:${manifest.line}: ${error.message}`;
    const named = new KubewrightError({ code, message, hint, exit: 'failure', cause: error });
    return { manifest, outcome: 'failed', error: named, warnings: [] };
  }
}
