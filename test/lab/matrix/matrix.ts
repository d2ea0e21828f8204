import { plantCanary } from './cluster.ts';
import { drawKills, type Kill, type Kind, keyOf } from './draw.ts';
import type { LabFlow } from './flows.ts';
import { openPlace, type Place } from './place.ts';
import { type Life, type Trial, tryKills } from './trial.ts';
import { Authorities } from './whole.ts';

export interface Tried extends Kill {
  /** Of the command that it was in: where it was killed several times, any of them may be the reason. */
  faults: readonly string[];
}

export interface LabMatrixOptions {
  lab: string;
  /** One after the other, from the first again after the last. */
  lives: readonly (readonly LabFlow[])[];
  points: number;
  seed: number;
  /** At most so many in one command. */
  kills(flow: LabFlow): number;
  /** Default: all. */
  kinds?: readonly Kind[];
  say(line: string): void;
}

export interface LabResult {
  tried: Tried[];
  /** Drawn, but the run had them behind it when it came by. */
  passed: number;
}

/** Enough for several that are wasted: each life tries some points of every command. */
const MOST_LIVES = 40;

/**
 * Kills commands on real hosts at places that the seed draws. A command that comes by for the first time is not killed:
 * its operations are the places that there are.
 */
export async function killLab(options: LabMatrixOptions): Promise<LabResult> {
  const hosts = [...new Set(options.lives.flat().map(({ host }) => host))];
  const place = await openPlace(options.lab, hosts);
  try {
    await place.renew();
    return await new LabMatrix(place, options).run();
  } finally {
    await place.down();
  }
}

class LabMatrix {
  readonly #place: Place;
  readonly #options: LabMatrixOptions;
  readonly #points = new Map<string, string[]>();
  readonly #result: LabResult = { tried: [], passed: 0 };

  constructor(place: Place, options: LabMatrixOptions) {
    this.#place = place;
    this.#options = options;
  }

  get #left(): number {
    return this.#options.points - this.#result.tried.length;
  }

  async run(): Promise<LabResult> {
    const { lives } = this.#options;
    for (let turn = 0; this.#left > 0 && turn < MOST_LIVES; turn++) {
      const whole = await this.#live(lives[turn % lives.length]!, turn);
      // What is wrong with these hosts is told; it is not to be the next one's fault.
      if (!whole) await this.#place.renew();
    }
    return this.#result;
  }

  /** False where something was lost, and the cluster is not gone on with. */
  async #live(flows: readonly LabFlow[], turn: number): Promise<boolean> {
    const life: Life = { authorities: new Authorities(), canary: '' };
    for (const flow of flows) {
      if (this.#left === 0) return true;
      const known = this.#points.get(flow.name);
      if (known) {
        if (!(await this.#kill(flow, known, turn, life))) return false;
      } else await this.#record(flow);
      if (flow.after && life.canary === '') life.canary = await plantCanary(this.#place);
    }
    return true;
  }

  async #record(flow: LabFlow): Promise<void> {
    await this.#place.must(flow.command);
    const points = await this.#place.sent();
    this.#points.set(flow.name, points);
    this.#options.say(`${flow.name}: ${points.length} operations`);
  }

  async #kill(flow: LabFlow, points: readonly string[], turn: number, life: Life): Promise<boolean> {
    const started = performance.now();
    const { seed, kills, kinds, say } = this.#options;
    const tried = new Set(this.#result.tried.map(keyOf));
    const count = Math.min(this.#left, kills(flow));
    const drawn = drawKills(flow.name, points, { seed, turn, count, tried, kinds });
    const { struck, passed, faults } = await this.#try(flow, drawn, life);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    this.#result.passed += passed.length;
    // A run that failed before it came by was wrong all the same.
    const counted = struck.length > 0 || faults.length === 0 ? struck : drawn.slice(0, 1);
    for (const kill of counted) {
      this.#result.tried.push({ ...kill, faults });
      say(`${faults.length > 0 ? 'LOST' : 'resumed'} ${keyOf(kill)}, ${kill.kind}`);
    }
    for (const fault of faults) say(`  ${fault}`);
    const missed = passed.length > 0 ? `, ${passed.length} were behind it already` : '';
    say(`${flow.name}: ${counted.length} kills in ${seconds} s${missed}`);
    return faults.length === 0;
  }

  /** What stops a trial short is a loss too: of the kill that it was about. */
  async #try(flow: LabFlow, drawn: readonly Kill[], life: Life): Promise<Trial> {
    try {
      return await tryKills(this.#place, flow, drawn, life);
    } catch (error) {
      return {
        struck: [...drawn],
        passed: [],
        faults: [error instanceof Error ? error.message : String(error)],
      };
    }
  }
}
