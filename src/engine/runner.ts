import { KubewrightError } from '../base/errors.ts';
import type { Host, Operation, OperationResult } from '../host/port.ts';
import type { Reporter } from '../output/events.ts';
import type { Guard } from './guard.ts';
import type { Phase } from './phase.ts';
import { Seen } from './seen.ts';
import type { OperationDraft, Step, Verdict } from './step.ts';
import type { Timeline } from './timeline.ts';

export interface RunOptions<C> {
  host: Host;
  phases: readonly Phase<C>[];
  context: C;
  reporter: Reporter;
  signal: AbortSignal;
  timeline: Timeline;
  /** Where a plan was made before: lets nothing else happen. */
  guard?: Guard | undefined;
}

export interface HostResult {
  host: string;
  changed: number;
  unchanged: number;
}

/** Looks at the host once, then carries the phases out, those that do not wait for each other side by side. */
export async function runPhases<C>(options: RunOptions<C>): Promise<HostResult> {
  const { seen, prepared } = await prepare(options);
  const result: HostResult = { host: options.host.name, changed: 0, unchanged: 0 };
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const finished = new Map<string, Promise<void>>();
  for (const { phase, steps } of prepared) {
    const before = phase.after.map((name) => finished.get(name) ?? missing(phase.name, name));
    const run = Promise.all(before).then(() => runPhase({ ...options, signal }, phase, steps, seen, result));
    finished.set(phase.name, run);
    // The others end after the operation that they are in; allSettled below waits for them.
    run.catch(() => stop.abort());
  }
  const outcomes = await Promise.allSettled(finished.values());
  const errors = outcomes.filter((outcome) => outcome.status === 'rejected').map((outcome) => outcome.reason);
  options.signal.throwIfAborted();
  if (errors.length > 0) throw errors.find((error) => error?.name !== 'AbortError') ?? errors[0];
  return result;
}

export interface PreparedPhase<C> {
  phase: Phase<C>;
  steps: Step[];
}

/** Builds every step and makes all their looks in one round trip. */
export async function prepare<C>(
  options: Pick<RunOptions<C>, 'host' | 'phases' | 'context' | 'timeline'>,
): Promise<{ seen: Seen; prepared: PreparedPhase<C>[] }> {
  const prepared = options.phases.map((phase) => ({ phase, steps: phase.steps(options.context) }));
  const seen = new Seen();
  const queries = prepared.flatMap(({ steps }) => steps.flatMap((step) => step.look ?? []));
  await options.timeline.span('inspect', options.host.name, () => seen.look(options.host, queries));
  return { seen, prepared };
}

async function runPhase<C>(
  options: RunOptions<C>,
  phase: Phase<C>,
  steps: Step[],
  seen: Seen,
  result: HostResult,
): Promise<void> {
  const { host, reporter } = options;
  const about = { host: host.name, phase: phase.name, title: phase.title };
  options.signal.throwIfAborted();
  reporter.emit({ type: 'phase', state: 'started', ...about });
  const started = performance.now();
  try {
    const changed = await options.timeline.span(
      phase.name,
      host.name,
      () => runSteps(options, phase.name, steps, seen, result),
      { after: phase.after },
    );
    const seconds = (performance.now() - started) / 1000;
    reporter.emit({ type: 'phase', state: 'finished', ...about, changed, seconds });
  } catch (error) {
    reporter.emit({ type: 'phase', state: 'failed', ...about });
    throw error;
  }
}

async function runSteps<C>(
  options: RunOptions<C>,
  phase: string,
  steps: Step[],
  seen: Seen,
  result: HostResult,
): Promise<number> {
  const batch = new Batch(options, phase);
  let changed = 0;
  for (const step of steps) {
    options.signal.throwIfAborted();
    const verdict = await step.check(seen);
    if (verdict.status === 'done') {
      result.unchanged++;
      continue;
    }
    if (verdict.status === 'wait') {
      await batch.flush();
      const wait = () => verdict.wait(options.signal);
      await options.timeline.span(phase, options.host.name, wait, { wait: verdict.for });
      continue;
    }
    if (verdict.status === 'deferred') throw neverResolved(options.host.name, phase, step, verdict);
    const place = { host: options.host.name, phase, step: step.name };
    if (verdict.change.kind === 'operations') {
      const made = await verdict.change.operations(options.signal);
      const drafts = options.guard?.operations(place, made) ?? made;
      for (const draft of drafts) if ('path' in draft) seen.written.add(draft.path);
      await batch.add(step, drafts, verdict.summary, verdict.change.lane);
    } else if (verdict.change.kind === 'dialogue') {
      await batch.flush();
      await verdict.change.run((made, { lane, as } = {}) => {
        // What is done for the way alone (`as`) is no change of the host that is planned.
        const drafts = as === undefined ? (options.guard?.operations(place, made) ?? made) : made;
        for (const draft of drafts) if ('path' in draft) seen.written.add(draft.path);
        return batch.send(numbered(drafts, phase, as ?? step.name), lane);
      }, options.signal);
      batch.report(step.name, verdict.summary);
    } else {
      options.guard?.action(place, verdict.announce ?? []);
      await batch.flush();
      await options.host.confirm?.();
      await verdict.change.run(options.signal);
      batch.report(step.name, verdict.summary);
    }
    changed++;
    result.changed++;
  }
  await batch.flush();
  return changed;
}

/** Operations of consecutive steps on their way to the host as one exchange. */
class Batch<C> {
  #operations: Operation[] = [];
  #steps: { name: string; summary: string[] }[] = [];
  #lane: 'main' | 'bulk' = 'main';
  readonly #options: RunOptions<C>;
  readonly #phase: string;

  constructor(options: RunOptions<C>, phase: string) {
    this.#options = options;
    this.#phase = phase;
  }

  async add(step: Step, drafts: OperationDraft[], summary: string[], lane: 'main' | 'bulk' = 'main') {
    if (lane !== this.#lane) await this.flush();
    this.#lane = lane;
    this.#operations.push(...numbered(drafts, this.#phase, step.name));
    this.#steps.push({ name: step.name, summary });
  }

  async flush(): Promise<void> {
    const [operations, steps] = [this.#operations, this.#steps];
    if (operations.length === 0) return;
    this.#operations = [];
    this.#steps = [];
    await this.send(operations, this.#lane);
    for (const step of steps) this.report(step.name, step.summary);
  }

  async send(operations: Operation[], lane: 'main' | 'bulk' = 'main'): Promise<OperationResult[]> {
    const { host, reporter } = this.#options;
    const label = `${this.#phase} on ${host.name}`;
    return host.apply(operations, {
      lane,
      signal: this.#options.signal,
      onProgress: (done, total) =>
        reporter.emit({
          type: 'progress',
          id: label,
          label,
          host: host.name,
          done,
          total,
          unit: 'bytes',
          finished: done === total,
        }),
    });
  }

  report(step: string, summary: string[]): void {
    for (const detail of summary) {
      this.#options.reporter.emit({
        type: 'step',
        state: 'changed',
        host: this.#options.host.name,
        phase: this.#phase,
        step,
        detail,
      });
    }
  }
}

function numbered(drafts: readonly OperationDraft[], phase: string, step: string): Operation[] {
  return drafts.map((draft, index) => ({ ...draft, id: `${phase}/${step}/${index + 1}` }) as Operation);
}

function missing(phase: string, name: string): never {
  throw new Error(`phase ${phase} comes after ${name}, which is not before it in the list`);
}

function neverResolved(
  host: string,
  phase: string,
  step: Step,
  verdict: Extract<Verdict, { status: 'deferred' }>,
) {
  const { on, why, cause } = verdict;
  return new KubewrightError({
    code: 'StepNotReady',
    message: `${phase}/${step.name} still waits for ${on}: ${why}${cause ? ` (${cause.message})` : ''}`,
    host,
    step: `${phase}/${step.name}`,
    hint: cause?.hint ?? 'Run the phases before it first, or the whole command without --phase.',
    evidence: cause?.evidence,
    exit: 'step',
    cause,
  });
}
