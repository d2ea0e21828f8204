import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { labDown } from '../../../src/lab/down.ts';
import { labUp } from '../../../src/lab/up.ts';
import { silent } from '../../../src/output/events.ts';
import { spkiOf } from '../../lab/support/leftovers.ts';
import { type CliPlace, runCli } from '../../lab/support/run-cli.ts';
import { IGNORED } from '../contenders.ts';
import { type BenchHost, benchHost } from '../lab-host.ts';
import { prepare, restore } from '../prepared.ts';
import { namesPhase, PEER_KINDS, type PeerKind, runPeer } from './peer-run.ts';

/** `again`: the same command did it; `reset`: it did not, and did after `kubeadm reset`; `lost`: not then either. */
export type End = 'again' | 'reset' | 'lost';

export interface PeerKill {
  command: string;
  /** The line that it was killed at. */
  line: string;
  kind: PeerKind;
  end: End;
}

export interface PeerKillOptions {
  lab: string;
  points: number;
  seed: number;
  say(line: string): void;
}

/** Restored to the same state before each attempt, as for the bench. */
interface Peer {
  host: BenchHost;
  state: string;
  args: readonly string[];
}

const RESET = ['reset', '--force'];
const TOKEN = 'abcdef.0123456789abcdef';

/** Kills the real `kubeadm init` and `kubeadm join` where they are as the seed says, and runs the same command again. */
export async function killPeer(options: PeerKillOptions): Promise<PeerKill[]> {
  const { lab, points, say } = options;
  const place: CliPlace = { lab, folder: await mkdtemp(join(tmpdir(), 'kw-peer-kills-')) };
  try {
    await labDown({ lab, env: process.env, reporter: silent });
    await labUp({ lab, names: ['cp1', 'w1'], env: process.env, reporter: silent });
    say('preparing the hosts: containerd, images, units');
    await must(place, ['init', 'cp1']);
    await must(place, ['join', 'w1']);
    const [cp1, w1] = await Promise.all(['cp1', 'w1'].map((name) => benchHost(lab, name)));
    const states = [await prepare(w1!), await prepare(cp1!)];
    const init: Peer = {
      host: cp1!,
      state: states[1]!,
      args: ['init', '--config', '/root/kubeadm.yaml', IGNORE],
    };
    const ofInit = Math.ceil(points / 2);
    const killed = await killCommand(init, 'init', ofInit, options, async () => undefined);
    await restore(cp1!, states[1]!);
    await undisturbed(init);
    const adminConf = join(cp1!.root, 'etc/kubernetes/admin.conf');
    const ca = spkiOf(await readFile(join(cp1!.root, 'etc/kubernetes/pki/ca.crt')));
    const trust = ['--token', TOKEN, '--discovery-token-ca-cert-hash', `sha256:${ca}`];
    const args = ['join', `${cp1!.address}:6443`, ...trust, IGNORE];
    const join1: Peer = { host: w1!, state: states[0]!, args };
    const forget = () =>
      must(place, ['delete', 'node', 'w1', '--ignore-not-found', '--kubeconfig', adminConf]);
    return [...killed, ...(await killCommand(join1, 'join', points - ofInit, options, forget))];
  } finally {
    await labDown({ lab, env: process.env, reporter: silent });
    await rm(place.folder, { recursive: true, force: true });
  }
}

const IGNORE = `--ignore-preflight-errors=${IGNORED.join(',')}`;

async function must(place: CliPlace, args: readonly string[]): Promise<void> {
  const { exit, stderr } = await runCli(place, args);
  if (exit !== 0) throw new Error(`kubewright ${args.join(' ')}, exit ${exit}:\n${stderr}`);
}

/** An unkilled run says what lines there are; then each attempt begins on the prepared host. */
async function killCommand(
  peer: Peer,
  command: string,
  count: number,
  { seed, say }: PeerKillOptions,
  forget: () => Promise<void>,
): Promise<PeerKill[]> {
  const lines = (await undisturbed(peer)).filter(namesPhase);
  say(`kubeadm ${command}: ${lines.length} lines of its phases`);
  const killed: PeerKill[] = [];
  for (const { at, kind } of draw(lines.length, count, `${seed} ${command}`)) {
    await restore(peer.host, peer.state);
    await forget();
    const { struck } = await runPeer(peer.host, peer.args, { at, kind });
    if (struck === undefined)
      throw new Error(`kubeadm ${command} did not come by its line ${at}: ${lines[at]}`);
    const { end, words } = await endOf(peer);
    killed.push({ command, line: struck, kind, end });
    say(`${WORDS[end]} kubeadm ${command}: ${kind} at ${struck}${words ? `\n    ${words}` : ''}`);
  }
  return killed;
}

const WORDS: Record<End, string> = { again: 'resumed', reset: 'RESET NEEDED', lost: 'LOST' };

async function undisturbed({ host, args }: Peer): Promise<string[]> {
  const { exit, lines } = await runPeer(host, args);
  if (exit !== 0)
    throw new Error(`kubeadm ${args[0]} on ${host.name}, exit ${exit}:\n${lines.slice(-20).join('\n')}`);
  return lines;
}

async function endOf({ host, args }: Peer): Promise<{ end: End; words?: string }> {
  const again = await runPeer(host, args);
  if (again.exit === 0) return { end: 'again' };
  const words = again.lines
    .filter((line) => /error|ERROR/.test(line))
    .slice(0, 4)
    .join('\n    ');
  const reset = await runPeer(host, RESET);
  if (reset.exit !== 0) return { end: 'lost', words };
  const afterReset = await runPeer(host, args);
  return { end: afterReset.exit === 0 ? 'reset' : 'lost', words };
}

/** Spread over the whole run: one place in each of `count` equal parts, and every kind in turn. */
function draw(length: number, count: number, seed: string): { at: number; kind: PeerKind }[] {
  const number = (text: string) =>
    createHash('sha256').update(`${seed} ${text}`).digest().readUInt32BE(0) / 2 ** 32;
  const first = Math.floor(number('kind') * PEER_KINDS.length);
  return Array.from({ length: count }, (_, part) => ({
    at: Math.min(length - 1, Math.floor(((part + number(`at ${part}`)) * length) / count)),
    kind: PEER_KINDS[(first + part) % PEER_KINDS.length]!,
  }));
}
