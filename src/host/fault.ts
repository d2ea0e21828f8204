import { appendFileSync } from 'node:fs';
import { KubewrightError } from '../base/errors.ts';
import { sleep } from '../base/wait.ts';
import type { Connection } from './connection.ts';

/** What is cut where the process itself does not die: a connection to a host, or a client of an API server. */
type Victim = Pick<Connection, 'close'> & Partial<Pick<Connection, 'fault' | 'closed'>>;

export type FaultPoint = 'before' | 'mid' | 'after-unacked';
export type FaultKind = 'kill9' | 'reset' | 'blackhole';

/** One planned accident, for tests: every operation, and every request that changes something, can be named and counted. */
export interface Fault {
  operation?: string;
  point?: FaultPoint;
  kind?: FaultKind;
  /** The id of every operation and request is appended to this file as it is sent. */
  list?: string;
}

/**
 * Reads KUBEWRIGHT_FAULT, `<operation id>:<before|mid|after-unacked>:<kill9|reset|blackhole>`, and
 * KUBEWRIGHT_FAULT_LIST. undefined when neither is set; `InvalidFault` when the first cannot be read.
 */
export function parseFault(value: string | undefined, list?: string): Fault | undefined {
  if (!value) return list ? { list } : undefined;
  const match = /^(.+):(before|mid|after-unacked):(kill9|reset|blackhole)$/.exec(value);
  if (!match) {
    throw new KubewrightError({
      code: 'InvalidFault',
      message: `KUBEWRIGHT_FAULT cannot be read: ${value}`,
      hint: 'It is <operation id>:<before|mid|after-unacked>:<kill9|reset|blackhole>.',
      exit: 'invalidInput',
    });
  }
  const [, operation, point, kind] = match as unknown as [string, string, FaultPoint, FaultKind];
  return { operation, point, kind, ...(list ? { list } : {}) };
}

/** Arms a fault for one session; it strikes once. */
export class FaultHook {
  #fault: Fault | undefined;
  readonly #list: string | undefined;
  readonly #numbers = new Map<string, number>();

  constructor(fault: Fault | undefined) {
    this.#fault = fault?.operation ? fault : undefined;
    this.#list = fault?.list;
  }

  /** Ids that are not unique in a run get the number of their turn: `id`, `id#2` … */
  number(id: string): string {
    const turn = (this.#numbers.get(id) ?? 0) + 1;
    this.#numbers.set(id, turn);
    return turn === 1 ? id : `${id}#${turn}`;
  }

  sent(id: string): void {
    if (this.#list) appendFileSync(this.#list, `${id}\n`);
  }

  due(id: string, point: FaultPoint): boolean {
    return this.#fault?.operation === id && this.#fault.point === point;
  }

  async strike(victim: Victim): Promise<void> {
    const kind = this.#fault?.kind;
    this.#fault = undefined;
    // What was written is on its way to the kernel; a killed process does not take that back.
    await sleep(100);
    if (kind === 'kill9') {
      process.kill(process.pid, 'SIGKILL');
      await sleep(60_000);
    } else if (victim.fault && kind) {
      victim.fault(kind);
      await victim.closed;
    } else {
      await victim.close();
    }
  }
}
