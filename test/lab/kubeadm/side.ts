import { join } from 'node:path';
import { expect } from 'vitest';
import type { Cli } from '../support/cli.ts';
import { eventually, isTrue, list, type Node } from '../support/kube.ts';
import { shell, type TestLab } from '../support/lab.ts';

/** One of the two clusters that are compared, and the names that its hosts go by in what is compared. */
export interface Side {
  lab: TestLab;
  cli: Cli;
  kubeconfig: () => string;
  /** Host → the name that stands for it: `peer1` → `cp1`. */
  hosts: Record<string, string>;
}

/** A few lines of sh as root on a host; they have to succeed. What they printed. */
export async function on(
  side: Pick<Side, 'lab'>,
  name: string,
  script: string,
  seconds = 180,
): Promise<string> {
  const { exit, stdout, stderr } = await shell(await side.lab.host(name), script, seconds);
  expect(exit, `on ${name}: ${script}\n${stderr}\n${stdout.slice(-3000)}`).toBe(0);
  return stdout;
}

/** Names and addresses of the side's hosts under the names that stand for them; in keys too. */
export async function withCommonNames<T>(side: Side, value: T): Promise<T> {
  let text = JSON.stringify(value);
  for (const [name, common] of Object.entries(side.hosts)) {
    const { address } = await side.lab.host(name);
    text = text.replaceAll(new RegExp(`\\b${address.replaceAll('.', '\\.')}\\b`, 'g'), `${common}-address`);
    text = text.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), common);
  }
  return JSON.parse(text) as T;
}

/** Both clusters: hosts of one kind, in one lab. */
export interface Pair {
  version: string;
  lab: TestLab;
  cli: Cli;
  /** The real kubeadm's. */
  peer: Side;
  ours: Side;
  /** Both control planes are there: without them everything else would only fail slowly. */
  up: boolean;
}

export const HOSTS = ['peer1', 'ours1', 'peer2', 'ours2'] as const;

export function pairOf(version: string, lab: TestLab, cli: Cli): Pair {
  const peer: Side = {
    lab,
    cli,
    kubeconfig: () => join(cli.folder(), 'peer'),
    hosts: { peer1: 'cp1', peer2: 'node2' },
  };
  const ours: Side = { ...peer, kubeconfig: cli.kubeconfig, hosts: { ours1: 'cp1', ours2: 'node2' } };
  return { version, lab, cli, peer, ours, up: false };
}

export async function allReady(side: Side, count: number): Promise<void> {
  await eventually(`${count} Ready nodes`, async () => {
    const nodes = await list<Node>(side.cli, 'nodes', '--kubeconfig', side.kubeconfig());
    return nodes.length === count && nodes.every((node) => isTrue(node, 'Ready'));
  });
}
