import { mapLimit } from '../../base/concurrency.ts';
import { isNotFound } from '../../kube/errors.ts';
import { deleteObject, listAll } from '../../kube/objects.ts';
import type { ApiClient, KubeObject, Status } from '../../kube/port.ts';
import { FOREVER_MS } from '../duration.ts';
import { throwAll } from '../failures.ts';
import { kindOf } from '../printing/kind.ts';
import { type ListTarget, type OneTarget, select } from '../selection/select.ts';
import { type Output, warn } from '../streams.ts';
import { type DeleteCommandOptions, type DeletePlan, planDeletion } from './options.ts';
import { type Going, waitGone } from './wait-gone.ts';

const CONCURRENCY = 32;

/** `delete`: all requests at once, then one watch a type until every object is gone. */
export async function deleteObjects(
  client: ApiClient,
  options: DeleteCommandOptions,
  output: Output,
): Promise<void> {
  const plan = planDeletion(options, output);
  const selected = await select(client, options.selection, { listWithoutSelector: false });
  const listed = await Promise.all(selected.lists.map((list) => listTargets(client, list)));
  const targets = [...selected.ones, ...listed.flat()];
  warnClusterScope(options, targets, output);
  const errors: unknown[] = [];
  const going: Going[] = [];
  const lines: (string | undefined)[] = new Array(targets.length).fill(undefined);
  let printed = 0;
  const settle = (index: number, line: string) => {
    lines[index] = line;
    for (; lines[printed] !== undefined; printed++) output.out(lines[printed]!);
  };
  const one = async (target: OneTarget, index: number) => {
    try {
      const gone = await deleteOne(client, target, plan, options);
      if (gone) going.push(gone);
      settle(index, lineOf(target, plan, options));
    } catch (error) {
      settle(index, '');
      if (!(plan.ignoreNotFound && isNotFound(error))) errors.push(error);
    }
  };
  for (const wave of wavesOf(targets))
    await mapLimit(wave, CONCURRENCY, ([target, index]) => one(target, index));
  throwAll(errors);
  if (targets.length === 0) return output.out('No resources found\n');
  if (options.wait && options.dryRun === 'none' && going.length > 0)
    await waitGone(client, going, options.timeoutMs || FOREVER_MS, options.selection.signal);
}

/** What others live in goes last, so that nothing is missed because its namespace or type went first. */
function wavesOf(targets: readonly OneTarget[]): [OneTarget, number][][] {
  const entries = targets.map((target, index): [OneTarget, number] => [target, index]);
  const holds = ([{ type }]: [OneTarget, number]) =>
    (type.group === '' && type.resource === 'namespaces') || type.resource === 'customresourcedefinitions';
  return [entries.filter((entry) => !holds(entry)), entries.filter(holds)];
}

async function listTargets(client: ApiClient, list: ListTarget): Promise<OneTarget[]> {
  const { items } = await listAll<KubeObject>(client, list.type, list);
  return items.map(({ metadata }) => ({
    type: list.type,
    name: metadata.name ?? '',
    namespace: metadata.namespace,
  }));
}

/** What has to be waited for; undefined where the object is gone already. */
async function deleteOne(
  client: ApiClient,
  { type, name, namespace }: OneTarget,
  plan: DeletePlan,
  options: DeleteCommandOptions,
): Promise<Going | undefined> {
  if (options.dryRun === 'client') return undefined;
  const body = (await deleteObject(client, type, name, {
    namespace,
    propagation: plan.propagation,
    gracePeriodSeconds: plan.gracePeriodSeconds,
    dryRun: options.dryRun === 'server',
  })) as KubeObject | Status;
  if (body.kind === 'Status') return undefined;
  const { uid } = (body as KubeObject).metadata;
  return uid ? { type, namespace, name, uid } : undefined;
}

function lineOf(target: OneTarget, plan: DeletePlan, { output, dryRun }: DeleteCommandOptions): string {
  const { type, name, namespace } = target;
  if (output === 'name') return `${kindOf(type)}/${name}\n`;
  const verb = plan.gracePeriodSeconds === 0 ? 'force deleted' : 'deleted';
  const where = type.namespaced ? ` from ${namespace} namespace` : '';
  const dry = { none: '', client: ' (dry run)', server: ' (server dry run)' }[dryRun];
  return `${kindOf(type)} "${name}" ${verb}${where}${dry}\n`;
}

function warnClusterScope(
  { selection }: DeleteCommandOptions,
  targets: readonly OneTarget[],
  output: Output,
): void {
  if (selection.namespace === undefined || selection.allNamespaces) return;
  if (targets.some(({ type }) => !type.namespaced))
    warn(output, 'deleting cluster-scoped resources, not scoped to the provided namespace');
}
