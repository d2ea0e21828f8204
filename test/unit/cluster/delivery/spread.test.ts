import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Spread, type Way } from '../../../../src/cluster/delivery/spread.ts';

const never = new AbortController().signal;
/** Lets everything go on that can. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** What came of each attempt, in the order in which they are ended. */
type Fate = 'arrives' | 'arrives, but does not serve' | 'cannot be reached' | 'is damaged';
const PEER_FATES: Fate[] = ['arrives', 'arrives, but does not serve', 'cannot be reached', 'is damaged'];

interface Story {
  hosts: number;
  artifacts: number;
  /** Which of the attempts under way ends next, and how. */
  turns: { pick: number; fate: Fate }[];
}

class World {
  readonly spread = new Spread();
  readonly under: Way[] = [];
  readonly uploads = new Map<string, number>();
  readonly got = new Set<string>();
  readonly tried: string[] = [];
  most = 0;

  async want(artifact: string, client: string): Promise<void> {
    const way = await this.spread.way(artifact, client, never);
    if (way.server === undefined) this.uploads.set(artifact, (this.uploads.get(artifact) ?? 0) + 1);
    else this.tried.push(`${way.server}>${client}`);
    this.under.push(way);
    const readers = this.under.filter(({ server }) => server !== undefined && server === way.server);
    this.most = Math.max(this.most, readers.length);
  }

  /** A host that fails to fetch tries again; what is sent from here arrives. */
  end(way: Way, fate: Fate): void {
    this.under.splice(this.under.indexOf(way), 1);
    if (fate.startsWith('arrives') || way.server === undefined) {
      this.got.add(`${way.artifact} ${way.client}`);
      this.spread.arrived(way, fate === 'arrives');
    } else {
      this.spread.failed(way, { damaged: fate === 'is damaged' });
      void this.want(way.artifact, way.client);
    }
  }
}

async function play({ hosts, artifacts, turns }: Story): Promise<World> {
  const world = new World();
  const names = Array.from({ length: hosts }, (_, index) => `w${index + 1}`);
  for (let artifact = 0; artifact < artifacts; artifact++)
    for (const name of names) void world.want(`a${artifact}`, name);
  await settle();
  for (let turn = 0; world.under.length > 0; turn++) {
    const { pick, fate } = turns[turn % turns.length]!;
    world.end(world.under[pick % world.under.length]!, fate);
    await settle();
  }
  return world;
}

const story = (fates: Fate[]) =>
  fc.record({
    hosts: fc.integer({ min: 1, max: 14 }),
    artifacts: fc.integer({ min: 1, max: 3 }),
    turns: fc.array(fc.record({ pick: fc.nat(40), fate: fc.constantFrom(...fates) }), {
      minLength: 1,
      maxLength: 30,
    }),
  });

describe('artifacts spread over hosts', () => {
  it('reach every host, whatever fails and in whichever order; no server has more than four readers', async () => {
    await fc.assert(
      fc.asyncProperty(story(PEER_FATES), async (told) => {
        const { got, most } = await play(told);
        expect(got.size).toBe(told.hosts * told.artifacts);
        expect(most).toBeLessThanOrEqual(4);
      }),
    );
  });

  it('are sent from here once each when nothing fails', async () => {
    await fc.assert(
      fc.asyncProperty(story(['arrives']), async (told) => {
        const { uploads } = await play(told);
        expect([...uploads.values()]).toEqual(Array.from({ length: told.artifacts }, () => 1));
      }),
    );
  });

  it('by a pair that failed, are not tried again', async () => {
    const fates: Fate[] = ['arrives', 'cannot be reached'];
    await fc.assert(
      fc.asyncProperty(story(fates), async (told) => {
        const world = new World();
        const failed = new Set<string>();
        const end = world.end.bind(world);
        world.end = (way, fate) => {
          const pair = `${way.server}>${way.client}`;
          if (way.server !== undefined) expect(failed.has(pair)).toBe(false);
          if (fate === 'cannot be reached') failed.add(pair);
          end(way, fate);
        };
        // One after the other, so that no two attempts of a pair are under way together.
        for (let artifact = 0; artifact < told.artifacts; artifact++) {
          for (let host = 0; host < told.hosts; host++) {
            void world.want(`a${artifact}`, `w${host}`);
            await settle();
            for (let turn = host; world.under.length > 0; turn++) {
              world.end(world.under[0]!, told.turns[turn % told.turns.length]!.fate);
              await settle();
            }
          }
        }
      }),
    );
  });

  it('come as a tree: a hundred hosts are served in four rounds after the first', async () => {
    const world = new World();
    for (let host = 1; host <= 100; host++) void world.want('a', `w${host}`);
    await settle();
    const rounds: number[] = [];
    while (world.under.length > 0) {
      rounds.push(world.under.length);
      for (const way of [...world.under]) world.end(way, 'arrives');
      // What was woken while the round ended belongs to the next one.
      await settle();
    }
    expect(rounds[0]).toBe(1);
    expect(rounds.reduce((sum, count) => sum + count)).toBe(100);
    expect(rounds.length).toBeLessThanOrEqual(5);
    expect(world.uploads.get('a')).toBe(1);
  });

  it('a host that fails while others wait for it is replaced by one of them', async () => {
    const world = new World();
    for (const name of ['w1', 'w2', 'w3']) void world.want('a', name);
    await settle();
    const [first] = world.under.splice(0);
    world.spread.failed(first!);
    await settle();
    expect(world.under).toEqual([{ artifact: 'a', client: 'w2' }]);
  });

  it('who has failed three times in a row, to fetch or to serve, is left out', async () => {
    const spread = new Spread();
    spread.arrived(await spread.way('a', 'w0', never), true);
    for (const client of ['w1', 'w2', 'w3']) {
      const way = await spread.way('a', client, never);
      expect(way.server).toBe('w0');
      spread.failed(way);
    }
    expect((await spread.way('a', 'w4', never)).server).toBeUndefined();
  });

  it('a server that gave something else is not asked for that artifact again, but for others', async () => {
    const spread = new Spread();
    for (const artifact of ['a', 'b']) spread.arrived(await spread.way(artifact, 'w0', never), true);
    spread.failed(await spread.way('a', 'w1', never), { damaged: true });
    expect((await spread.way('a', 'w2', never)).server).toBeUndefined();
    expect((await spread.way('b', 'w2', never)).server).toBe('w0');
  });

  it('who waits is let go when the run is aborted, and takes no turn then', async () => {
    const spread = new Spread();
    const stop = new AbortController();
    const first = await spread.way('a', 'w1', never);
    const waiting = spread.way('a', 'w2', stop.signal);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    spread.arrived(first, true);
    expect((await spread.way('a', 'w3', never)).server).toBe('w1');
    await expect(spread.way('a', 'w4', stop.signal)).rejects.toThrow('stopped');
  });
});
