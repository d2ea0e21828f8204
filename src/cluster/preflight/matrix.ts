import { randomBytes } from 'node:crypto';
import { mapLimit } from '../../base/concurrency.ts';
import { KubewrightError } from '../../base/errors.ts';
import { textTemplate } from '../manifests/template.ts';
import { hostPort } from '../spec/node.ts';
import { type FindingsOf, merged } from './among.ts';
import { finding } from './machine.ts';
import type { Member } from './member.ts';
import type { Need } from './needs.ts';
import { holderOf, type Pair, pairsOf, refusedFor } from './pairs.ts';

const WIDTH = 30;
/** After which what listens ends by itself, whatever became of the run. */
const LISTEN_SECONDS = 60;
const CONNECT_SECONDS = 3;

type Outcome = 'open' | 'unknown' | { blocked: string };

/**
 * Has every host listen where nobody does yet, and every other one that needs it try to get there: three rounds, each
 * side by side on all hosts. What listens is gone at the end.
 */
export async function matrixFindings(
  members: readonly Member[],
  needs: readonly Need[],
): Promise<FindingsOf> {
  const pairs = pairsOf(members, needs);
  const round = new Round(members, pairs);
  try {
    await round.listen();
    await round.connect();
  } finally {
    await round.end();
  }
  return merged([findings(members, pairs, (pair) => round.outcome(pair)), round.unchecked()]);
}

class Round {
  readonly #folder = `/run/kubewright-preflight-${randomBytes(8).toString('hex')}`;
  readonly #members: readonly Member[];
  readonly #pairs: readonly Pair[];
  /** `cp1 6443/tcp`, whoever listens there. */
  readonly #listening = new Set<string>();
  readonly #began: Member[] = [];
  readonly #outcomes = new Map<Pair, Outcome>();
  /** What a host lacks to take part. */
  readonly #unable = new Map<Member, string>();

  constructor(members: readonly Member[], pairs: readonly Pair[]) {
    this.#members = members;
    this.#pairs = pairs;
  }

  outcome(pair: Pair): Outcome {
    return this.#outcomes.get(pair) ?? 'unknown';
  }

  unchecked(): FindingsOf {
    const fix = 'install it there, or see to it that the ports are open (docs/reference/preflight.md)';
    const text = (lack: string) =>
      `whether ports between it and other hosts are open could not be checked: it has no ${lack}`;
    const found = [...this.#unable].filter(([{ fresh }]) => fresh);
    return new Map(
      found.map(([{ host }, lack]) => [host.name, [finding('Reachable', text(lack), fix, 'warning')]]),
    );
  }

  async listen(): Promise<void> {
    for (const { to, need } of this.#pairs)
      if (need.protocol === 'tcp' && holderOf(to.facts, to, need) === 'owner')
        this.#listening.add(at(to, need));
    await this.#each(async (member) => {
      const { facts, node } = member;
      const wanted = this.#pairs
        .filter(({ to, need }) => to === member && member.fresh && holderOf(facts, member, need) === 'none')
        .map(({ need }) => portOf(need));
      // Behind NAT nobody here has the address that the others reach it by.
      const own = facts.addresses.some(({ address }) => address === node.address);
      if (wanted.length === 0 || !own) return;
      this.#began.push(member);
      const words = [this.#folder, String(LISTEN_SECONDS), node.address, ...new Set(wanted)];
      for (const [word, port] of (await ask(member, 'listen', words)) ?? []) {
        if (word === 'listening') this.#listening.add(`${node.name} ${port}`);
        if (word === 'unable') this.#unable.set(member, 'systemd-socket-activate');
      }
    });
  }

  async connect(): Promise<void> {
    await this.#each(async (member, number) => {
      const own = this.#pairs.filter(
        ({ from, to, need }) => from === member && this.#listening.has(at(to, need)),
      );
      if (own.length === 0) return;
      const places = own.flatMap(({ to, need }) => [to.node.address, portOf(need)]);
      const lines = await ask(member, 'connect', [String(CONNECT_SECONDS), String(number), ...places]);
      if (!lines) return;
      if (lines.some(([word]) => word === 'unable')) {
        this.#unable.set(member, 'bash');
        return;
      }
      for (const pair of own) {
        // Until it shows at the end what arrived.
        if (pair.need.protocol === 'udp') this.#outcomes.set(pair, { blocked: 'lost' });
        else this.#outcomes.set(pair, tried(lines, pair));
      }
    });
  }

  async end(): Promise<void> {
    await mapLimit(this.#began, WIDTH, async (member) => {
      const senders = this.#pairs.filter(
        (pair) => pair.to === member && pair.need.protocol === 'udp' && this.outcome(pair) !== 'unknown',
      );
      const numbers = senders.map(({ from }) => String(this.#members.indexOf(from)));
      const arrived = await ask(member, 'end', [this.#folder, ...numbers]);
      for (const [index, pair] of senders.entries())
        if (!arrived) this.#outcomes.set(pair, 'unknown');
        else if (arrived.some(([, number]) => number === numbers[index])) this.#outcomes.set(pair, 'open');
    });
  }

  async #each(work: (member: Member, index: number) => Promise<void>): Promise<void> {
    await mapLimit(this.#members, WIDTH, work);
  }
}

/** The words of each line that the script says; undefined from a host that is gone: its own part of the run tells why. */
async function ask(
  { host }: Member,
  script: 'listen' | 'connect' | 'end',
  words: string[],
): Promise<string[][] | undefined> {
  const argv = ['sh', '-c', textTemplate(`preflight/${script}.sh`), `${script}.sh`, ...words];
  try {
    const [{ stdout }] = await host.inspect([{ kind: 'run', argv }]);
    return stdout.split('\n').map((line) => line.trim().split(' '));
  } catch (error) {
    if (error instanceof KubewrightError) return undefined;
    throw error;
  }
}

function tried(lines: readonly string[][], { to, need }: Pair): Outcome {
  const line = lines.find(([, address, port]) => address === to.node.address && port === String(need.port));
  const [word, , , ...reason] = line ?? [];
  if (word === undefined) return 'unknown';
  return word === 'open' ? 'open' : { blocked: word === 'failed' ? reason.join(' ').toLowerCase() : word };
}

function portOf({ port, protocol }: Need): string {
  return `${port}/${protocol}`;
}

function at({ node }: Member, need: Need): string {
  return `${node.name} ${portOf(need)}`;
}

const WORDS: Record<string, string> = {
  silent: `no answer within ${CONNECT_SECONDS} s`,
  refused: 'refused',
  lost: 'none of three datagrams arrived',
};

function findings(
  members: readonly Member[],
  pairs: readonly Pair[],
  outcome: (pair: Pair) => Outcome,
): FindingsOf {
  const blocked = new Map<Member, Map<Need, string[]>>();
  for (const pair of pairs) {
    const how = outcome(pair);
    if (typeof how === 'string') continue;
    const member = refusedFor(pair, members);
    const own = blocked.get(member) ?? new Map<Need, string[]>();
    const words = `${pair.from.node.name} → ${hostPort(pair.to.node.name, pair.need.port)} (${WORDS[how.blocked] ?? how.blocked})`;
    own.set(pair.need, [...(own.get(pair.need) ?? []), words]);
    blocked.set(member, own);
  }
  return new Map(
    [...blocked].map(([member, needs]) => [
      member.host.name,
      [...needs].map(([need, ways]) => {
        const fix = `let ${portOf(need)} through, from these hosts and to them: firewalls on both, security groups and routers between`;
        const text = `${need.owner} is not reached: ${ways.join(', ')}; without it ${need.without}`;
        return finding(`Reachable-${need.port}`, text, fix, need.level);
      }),
    ]),
  );
}
