import { difference, inventory } from '../support/inventory.ts';
import { STRAYS } from '../support/leftovers.ts';
import type { Outcome } from '../support/run-cli.ts';
import { clusterFaults } from './cluster.ts';
import type { Kill } from './draw.ts';
import type { LabFlow } from './flows.ts';
import { type Disks, type Place, told } from './place.ts';
import { strike } from './strike.ts';
import { type Authorities, tornFiles } from './whole.ts';

/** What one cluster has from its first command to its last. */
export interface Life {
  authorities: Authorities;
  /** The uid of what a user made; empty before there is a cluster. */
  canary: string;
}

export interface Trial {
  struck: Kill[];
  /** Drawn, but the run had them behind it already. */
  passed: Kill[];
  /** Empty where the command took up where it was killed and nothing was lost. */
  faults: string[];
}

/** The command, killed at one place after the other, each run going on from the last; then the command, and once more. */
export async function tryKills(
  place: Place,
  flow: LabFlow,
  kills: readonly Kill[],
  life: Life,
): Promise<Trial> {
  const trial: Trial = { struck: [], passed: [], faults: [] };
  const before = await place.disks();
  const seen: Disks[] = [];
  let failed: Outcome | undefined;
  for (const [index, kill] of kills.entries()) {
    const { outcome, seen: disks } = await strike(place, flow, kill);
    if (!disks) {
      trial.passed.push(...kills.slice(index));
      if (outcome.exit !== 0) failed = outcome;
      break;
    }
    trial.struck.push(kill);
    seen.push(disks);
  }
  if (failed) trial.faults.push(`a run that took it up failed by itself: ${told(failed)}`);
  if (trial.struck.length === 0 && !failed) return trial;
  trial.faults.push(...(await resumed(place, flow, life)));
  const after = await place.disks();
  for (const disks of [...seen, after]) {
    for (const [host, disk] of disks) {
      trial.faults.push(...tornFiles(host, disk, before.get(host)!, after.get(host)!));
      trial.faults.push(...life.authorities.look(host, disk));
    }
  }
  return trial;
}

async function resumed(place: Place, flow: LabFlow, life: Life): Promise<string[]> {
  const again = await place.run(flow.command);
  if (again.exit !== 0) return [`the same command again: ${told(again)}`];
  const third = await place.run([...flow.command, '-o', 'json']);
  if (third.exit !== 0) return [`the third run: ${told(third)}`];
  return [
    ...(flow.acts ? [] : changedAgain(third.stdout)),
    ...(await Promise.all(place.hosts.map((host) => strays(place, host)))).flat(),
    ...(flow.after && life.canary !== '' ? await clusterFaults(place, flow.after, life.canary) : []),
    ...(flow.bare ? await leftOver(place, flow.host) : []),
  ];
}

/** `init` and `reset` answer for one host, all else for several. */
export function changedAgain(stdout: string): string[] {
  interface Changed {
    node?: string;
    changed: number;
  }
  const answer = JSON.parse(stdout) as Changed & { hosts?: Changed[] };
  return (answer.hosts ?? [answer]).flatMap(({ node, changed }) =>
    changed === 0 ? [] : [`the third run changed ${changed} on ${node}`],
  );
}

async function strays(place: Place, host: string): Promise<string[]> {
  const found = (await place.on(host, STRAYS)).trim();
  return found === '' ? [] : found.split('\n').map((path) => `${host}:${path} is left over`);
}

/** Has another name, or another content, after each boot of a host, whoever was on it. */
const OF_ITS_BOOT =
  /^. (content \/run\/utmp |file \/(var\/)?tmp\/systemd-private-|mount \/proc\/(kmsg|sys\/kernel\/random\/boot_id) )/;

async function leftOver(place: Place, host: string): Promise<string[]> {
  const found = difference(place.fresh(host), await inventory(await place.host(host)));
  return found.filter((line) => !OF_ITS_BOOT.test(line)).map((line) => `${host}: ${line}`);
}
