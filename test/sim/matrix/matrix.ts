import { createHash } from 'node:crypto';
import { startRun } from '../world/run.ts';
import { makeWorld, type Snapshot, type World } from '../world/world.ts';
import { changedAgain, faultsOf, plantCanaries, tornFiles } from './check.ts';
import type { Changes, Flow } from './flow.ts';
import { type Recording, record } from './record.ts';
import { stateKey } from './state-key.ts';
import { strike, WAYS, type Way } from './strike.ts';

export interface Outcome {
  flow: string;
  point: string;
  way: Way;
  /** Empty where the command took up where it was killed and nothing was lost. */
  faults: string[];
  /** The world was as after a kill that was tried before: what became of that holds. */
  known: boolean;
  seconds: number;
}

export interface FlowResult {
  flow: string;
  /** Kill points: mutating operations of a run that nobody kills. */
  operations: number;
  /** The same as the hosts' journals and the servers have counted them. */
  counted: number;
  outcomes: Outcome[];
}

export interface MatrixOptions {
  seed: number;
  /** At most so many points, chosen by the seed; all without it. */
  sample?: number;
  /** Worlds side by side; each waits most of the time. */
  worlds: number;
  /** The third byte of the first world's addresses. */
  network: number;
  /** Ids of points that may be chosen. */
  only?: RegExp;
  /** Before each accident, for a matrix that has to find something. */
  spoil?(world: World): void;
  onOutcome?(outcome: Outcome, done: number, total: number): void;
}

/** Stops a command at its operations, three ways each, and runs it again. */
export async function killMatrix(flow: Flow, options: MatrixOptions): Promise<FlowResult> {
  const worlds: World[] = [];
  try {
    for (let index = 0; index < options.worlds; index++)
      worlds.push(await makeWorld(flow.hosts, (options.network + index) % 250));
    const [world] = worlds as [World];
    const fresh = await world.snapshot();
    await flow.prepare(world);
    plantCanaries(world);
    const recording = await record(world, flow);
    const trial = new Trial(flow, recording, fresh, options.spoil);
    const chosen = choose(flow, recording, options);
    const outcomes: Outcome[] = [];
    const queue = [...chosen];
    const work = async (own: World) => {
      for (let next = queue.shift(); next; next = queue.shift()) {
        const outcome = await trial.run(own, next);
        outcomes.push(outcome);
        options.onOutcome?.(outcome, outcomes.length, chosen.length);
      }
    };
    await Promise.all(worlds.map(work));
    return { flow: flow.name, operations: recording.points.length, counted: recording.counted, outcomes };
  } finally {
    await Promise.all(worlds.map((world) => world.stop()));
  }
}

interface Chosen {
  index: number;
  way: Way;
  random: number;
}

/** In the order of the run, or the sample in the order of the seed. */
function choose(
  { name }: Flow,
  { points }: Recording,
  { seed, sample, only = /./ }: MatrixOptions,
): Chosen[] {
  const all = points.flatMap(({ id }, index) =>
    WAYS.map((way) => {
      const digest = createHash('sha256').update(`${seed} ${name} ${id} ${way}`).digest();
      return { index, way, random: digest.readUInt32BE(0) / 2 ** 32, place: digest.readUInt32BE(4) };
    }),
  );
  const open = all.filter(({ index }) => only.test(points[index]!.id));
  return sample === undefined ? open : open.toSorted((a, b) => a.place - b.place).slice(0, sample);
}

class Trial {
  readonly #flow: Flow;
  readonly #recording: Recording;
  readonly #fresh: Snapshot;
  readonly #spoil: MatrixOptions['spoil'];
  readonly #tried = new Map<string, Promise<string[]>>();

  constructor(flow: Flow, recording: Recording, fresh: Snapshot, spoil: MatrixOptions['spoil']) {
    this.#spoil = spoil;
    this.#flow = flow;
    this.#recording = recording;
    this.#fresh = fresh;
  }

  async run(world: World, { index, way, random }: Chosen): Promise<Outcome> {
    const started = performance.now();
    const { points, end } = this.#recording;
    const point = points[index]!;
    const about = { flow: this.#flow.name, point: point.id, way };
    const since = () => (performance.now() - started) / 1000;
    try {
      await strike(world, point, way, random, this.#spoil);
      const struck = await world.snapshot();
      const torn = tornFiles(struck, point.before, points[index + 1]?.before ?? end);
      const key = stateKey(struck);
      const known = this.#tried.get(key);
      const trying = known ?? this.#resume(world, struck);
      this.#tried.set(key, trying);
      const faults = [...torn, ...(await trying)];
      return { ...about, faults, known: known !== undefined, seconds: since() };
    } catch (error) {
      return { ...about, faults: [told(error)], known: false, seconds: since() };
    }
  }

  async #resume(world: World, struck: Snapshot): Promise<string[]> {
    try {
      plantCanaries(world);
      await again(world, this.#flow);
      // The cluster was founded after the kill: what users make then has to outlive the third run.
      if (struck.clusters.size === 0) plantCanaries(world);
      const third = await again(world, this.#flow);
      const now = await world.snapshot();
      const unsettled = this.#flow.acts ? [] : changedAgain(third);
      return [...faultsOf(world, this.#flow, struck, now, this.#fresh), ...unsettled];
    } catch (error) {
      return [told(error)];
    }
  }
}

async function again(world: World, flow: Flow): Promise<Changes> {
  try {
    await using run = startRun(world);
    return await flow.run(world, run.ports);
  } finally {
    await world.quiet();
  }
}

function told(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  return `${code ?? (error as Error).stack}: ${message}`;
}
