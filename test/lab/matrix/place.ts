import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labDown } from '../../../src/lab/down.ts';
import { requireLabHost } from '../../../src/lab/find.ts';
import type { LabHost } from '../../../src/lab/port.ts';
import { power } from '../../../src/lab/power.ts';
import { type LabRecord, readRecord } from '../../../src/lab/record.ts';
import { labUp } from '../../../src/lab/up.ts';
import { silent } from '../../../src/output/events.ts';
import { type Inventory, inventory } from '../support/inventory.ts';
import { type CliOptions, type Outcome, runCli } from '../support/run-cli.ts';
import { shell } from '../support/shell.ts';
import { type Disk, readDisk } from './disk.ts';

export type Disks = ReadonlyMap<string, Disk>;

/** The hosts of one lab, and the command line that works on them. */
export interface Place {
  hosts: readonly string[];
  /** A run that takes longer than this hangs. */
  patienceMs: number;
  host(name: string): Promise<LabHost>;
  /** New hosts, as they were before anybody had them. */
  renew(): Promise<void>;
  /** As `renew` left it. */
  fresh(host: string): Inventory;
  down(): Promise<void>;
  run(args: readonly string[], options?: CliOptions): Promise<Outcome>;
  /** Has to succeed; what it printed. */
  must(args: readonly string[], options?: CliOptions): Promise<string>;
  /** Ids of the operations that the last run has sent. */
  sent(): Promise<string[]>;
  power(host: string, action: 'cut' | 'boot'): Promise<void>;
  disks(): Promise<Disks>;
  /** sh as root on a host; what it printed. */
  on(host: string, script: string): Promise<string>;
}

/** Longer than anything that a command waits for by itself. */
const HANGS_SECONDS = 400;

export async function openPlace(lab: string, hosts: readonly string[]): Promise<Place> {
  const { env } = process;
  const folder = await mkdtemp(join(tmpdir(), 'kw-kills-'));
  const list = join(folder, 'sent');
  const fresh = new Map<string, Inventory>();
  const host = (name: string) => requireLabHost(name, env, lab);
  const run = async (args: readonly string[], options: CliOptions = {}) => {
    await rm(list, { force: true });
    const counted = { KUBEWRIGHT_FAULT_LIST: list, ...options.env };
    const outcome = await runCli({ folder, lab }, args, {
      timeoutSeconds: HANGS_SECONDS,
      ...options,
      env: counted,
    });
    // It was ended by us, which is no kill at a point.
    if (outcome.seconds >= HANGS_SECONDS)
      throw new Error(`kubewright ${args.join(' ')} hangs:\n${outcome.stderr}`);
    return outcome;
  };
  return {
    hosts,
    patienceMs: HANGS_SECONDS * 1000,
    host,
    run,
    renew: async () => {
      await labDown({ lab, env, reporter: silent });
      await rm(join(folder, 'kubeconfig'), { force: true });
      await labUp({ lab, names: hosts, env, reporter: silent });
      for (const name of hosts) fresh.set(name, await inventory(await host(name)));
    },
    fresh: (name) => fresh.get(name) ?? [],
    down: async () => {
      await labDown({ lab, env, reporter: silent });
      await rm(folder, { recursive: true, force: true });
    },
    must: async (args, options) => {
      const outcome = await run(args, options);
      if (outcome.exit !== 0) throw new Error(`kubewright ${args.join(' ')}: ${told(outcome)}`);
      return outcome.stdout;
    },
    sent: async () => (await readFile(list, 'utf8').catch(() => '')).split('\n').filter((id) => id !== ''),
    power: (name, action) => power(lab, name, action, env),
    disks: async () => {
      const record = (await readRecord(env, lab)) as LabRecord;
      return new Map(
        await Promise.all(hosts.map(async (name) => [name, await readDisk(record, name)] as const)),
      );
    },
    on: async (name, script) => {
      const { exit, stdout, stderr } = await shell(await host(name), script);
      if (exit !== 0) throw new Error(`on ${name}, exit ${exit}: ${script}\n${stderr}`);
      return stdout;
    },
  };
}

/** How a run ended, in its own last words. */
export function told({ exit, signal, stderr, stdout }: Outcome): string {
  const words = `${stdout}\n${stderr}`.trim().split('\n').slice(-12).join('\n    ');
  return `${signal ?? `exit ${exit}`}:\n    ${words}`;
}
