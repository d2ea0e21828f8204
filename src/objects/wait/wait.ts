import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import { listAll } from '../../kube/objects.ts';
import type { ApiClient, KubeObject, ResourceType } from '../../kube/port.ts';
import { FOREVER_MS } from '../duration.ts';
import { throwAll, usageFault } from '../failures.ts';
import { type Format, parseFormat } from '../printing/format.ts';
import { kindOf } from '../printing/kind.ts';
import { ObjectPrinter } from '../printing/objects.ts';
import { type ListTarget, type SelectionOptions, select } from '../selection/select.ts';
import type { Output } from '../streams.ts';
import { type Condition, parseCondition } from './conditions.ts';
import { type Followed, follow } from './follow.ts';

export interface WaitOptions {
  selection: SelectionOptions;
  /** `--for`, all of which have to be met. */
  conditions: readonly string[];
  /** 0: look once. Negative: a week. */
  timeoutMs: number;
  output?: string;
}

/** `wait`: one list and watch a type; each object's lines come in the order of the objects. */
export async function wait(client: ApiClient, options: WaitOptions, output: Output): Promise<void> {
  if (options.conditions.length === 0) throw usageFault('unrecognized condition: []', 'name one with --for');
  const conditions = inOrder(options.conditions.map(parseCondition));
  const format = options.output ? parseFormat(options.output, options.selection.cwd) : undefined;
  const timeoutMs = options.timeoutMs < 0 ? FOREVER_MS : options.timeoutMs;
  const end = performance.now() + timeoutMs;
  const waits = await find(client, options, conditions, timeoutMs);
  if (waits.length === 0 && !conditions.some(({ kind }) => kind === 'delete'))
    throw usageFault('no matching resources found');
  const lines = new Lines(waits, format, output);
  for (const one of waits) one.onMet = () => lines.flush();
  const left = await follow(client, waits, {
    timeoutMs: timeoutMs === 0 ? 0 : Math.max(1, Math.round(end - performance.now())),
    signal: options.selection.signal,
  });
  for (const one of waits) one.done = true;
  lines.flush();
  throwAll([...waits.flatMap(({ error }) => error ?? []), ...left.map((one) => unmet(one, timeoutMs))]);
}

/** What has to exist first is waited for first, as in kubectl. */
function inOrder(conditions: Condition[]): Condition[] {
  const creates = conditions.filter(({ kind }) => kind === 'create');
  return [...creates, ...conditions.filter(({ kind }) => kind !== 'create')];
}

async function find(
  client: ApiClient,
  options: WaitOptions,
  conditions: Condition[],
  timeoutMs: number,
): Promise<Waiting[]> {
  const { ones, lists } = await select(client, options.selection, { listWithoutSelector: false });
  const once = () => Promise.all(lists.map((list) => members(client, list)));
  let listed = (await once()).flat();
  if (listed.length === 0 && lists.length > 0 && conditions[0]?.kind === 'create')
    listed = (await poll({ intervalMs: 250, timeoutMs }, async () => nonEmpty((await once()).flat()))) ?? [];
  return [...ones, ...listed].map(
    ({ type, namespace, name }) => new Waiting(type, namespace, name, conditions),
  );
}

const nonEmpty = <T>(items: T[]): T[] | undefined => (items.length > 0 ? items : undefined);

async function members(client: ApiClient, list: ListTarget) {
  const { items } = await listAll(client, list.type, list);
  return items.map(({ metadata }) => ({
    type: list.type,
    namespace: metadata.namespace,
    name: metadata.name ?? '',
  }));
}

/** One object on its way through the conditions. */
class Waiting implements Followed {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
  readonly met: (KubeObject | undefined)[] = [];
  readonly #conditions: readonly Condition[];
  #last: KubeObject | undefined;
  done = false;
  error: unknown;
  onMet: () => void = () => undefined;

  constructor(
    type: ResourceType,
    namespace: string | undefined,
    name: string,
    conditions: readonly Condition[],
  ) {
    this.type = type;
    this.namespace = namespace;
    this.name = name;
    this.#conditions = conditions;
  }

  see(object: KubeObject | undefined): boolean {
    for (let next = this.#next; next && this.#meets(next, object); next = this.#next)
      this.met.push(object ?? this.#last);
    this.#last = object ?? this.#last;
    this.done = this.#next === undefined;
    this.onMet();
    return this.done;
  }

  get #next(): Condition | undefined {
    return this.#conditions[this.met.length];
  }

  #meets(condition: Condition, object: KubeObject | undefined): boolean {
    if (condition.kind === 'create') return object !== undefined;
    if (condition.kind === 'delete') return object === undefined || this.#replaced(object);
    if (object) return condition.isMet(object);
    throw new KubewrightError({
      code: 'NotFound',
      message: `${this.type.resource}${this.type.group && `.${this.type.group}`} "${this.name}" not found`,
      exit: 'failure',
    });
  }

  /** Another object of the same name: the one that was meant is gone. */
  #replaced(object: KubeObject): boolean {
    return this.#last !== undefined && this.#last.metadata.uid !== object.metadata.uid;
  }

  /** Of an object that was not there from the beginning nothing is said, as in kubectl. */
  get silent(): boolean {
    return this.met.every((object) => object === undefined);
  }
}

class Lines {
  readonly #waits: readonly Waiting[];
  readonly #printer: ObjectPrinter | undefined;
  readonly #output: Output;
  #at = 0;
  #shown = 0;

  constructor(waits: readonly Waiting[], format: Format | undefined, output: Output) {
    this.#waits = waits;
    this.#output = output;
    this.#printer = format && format.kind !== 'table' ? new ObjectPrinter(format) : undefined;
  }

  flush(): void {
    for (let one = this.#waits[this.#at]; one; one = this.#waits[++this.#at]) {
      for (; this.#shown < one.met.length; this.#shown++) this.#show(one, one.met[this.#shown]);
      if (!one.done && one.error === undefined) return;
      this.#shown = 0;
    }
  }

  #show(one: Waiting, object: KubeObject | undefined): void {
    if (one.silent) return;
    const text = this.#printer
      ? this.#printer.print(object)
      : `${kindOf(one.type)}/${one.name} condition met\n`;
    this.#output.out(text);
  }
}

function unmet({ type, name }: Followed, timeoutMs: number): KubewrightError {
  const what = `${type.resource}/${name}`;
  if (timeoutMs === 0) return usageFault(`condition not met for ${what}`);
  return new KubewrightError({
    code: 'WaitTimeout',
    message: `timed out waiting for the condition on ${what}`,
    hint: `see how far it is: kubewright get ${type.resource} ${name} -o yaml`,
    exit: 'failure',
  });
}
