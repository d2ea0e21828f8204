import { expect } from 'vitest';
import type { Cli } from '../support/cli.ts';
import type { Inventory } from '../support/inventory.ts';
import { shell, type TestLab } from '../support/lab.ts';

/** What the parts of the suite hand on to each other. */
export interface Spine {
  lab: TestLab;
  cli: Cli;
  /** Inventories of the bare hosts, by name. */
  before: Map<string, Inventory>;
  /** init and join have succeeded. */
  up: boolean;
}

export interface InitOutcome {
  cluster: string;
  node: string;
  context: string;
  changed: number;
  unchanged: number;
}

export interface JoinOutcome {
  cluster: string;
  hosts: { host: string; changed: number; unchanged: number }[];
}

/** A few lines of sh as root on a host; they have to succeed. What they printed. */
export async function on(spine: Spine, name: string, script: string, seconds?: number): Promise<string> {
  const { exit, stdout, stderr } = await shell(await spine.lab.host(name), script, seconds);
  expect(exit, `on ${name}: ${script}\n${stderr}`).toBe(0);
  return stdout;
}

export const initAgain = ({ cli }: Spine) => cli.json<InitOutcome>(['init', 'cp1']);
export const joinAgain = ({ cli }: Spine) => cli.json<JoinOutcome>(['join', 'w1']);

/** A line that a reader of the test report sees. */
export function tell(text: string): void {
  process.stdout.write(`    ${text}\n`);
}
