import { createHash } from 'node:crypto';

export const WAYS = ['before', 'mid', 'after-unacked'] as const;
/**
 * `kill9`: the command dies. `cut`: its connection does, and it may go on by itself. `power`: the command dies, and the
 * host that it works on with it, which is then started again.
 */
export const KINDS = ['kill9', 'cut', 'power'] as const;

export type Kind = (typeof KINDS)[number];

export interface Kill {
  flow: string;
  /** An id of KUBEWRIGHT_FAULT_LIST. */
  point: string;
  way: (typeof WAYS)[number];
  kind: Kind;
}

export interface Draw {
  seed: number;
  /** So that the same flow has others the next time. */
  turn: number;
  count: number;
  /** Keys of kills that were tried. */
  tried: ReadonlySet<string>;
}

export const keyOf = ({ flow, point, way }: Omit<Kill, 'kind'>): string => `${flow}: ${point} (${way})`;

/**
 * `count` places of one command that nobody has tried, in the order in which it comes by: each run of it takes up where
 * the one before was killed. A cut connection is no end of a run, so it is the last.
 */
export function drawKills(flow: string, points: readonly string[], draw: Draw): Kill[] {
  const { seed, turn, count, tried } = draw;
  const drawn = [...new Set(points)].flatMap((point, index) =>
    WAYS.flatMap((way) => {
      const key = keyOf({ flow, point, way });
      const digest = createHash('sha256').update(`${seed} ${turn} ${key}`).digest();
      const number = (at: number) => digest.readUInt32BE(at);
      return tried.has(key) ? [] : [{ point, index, way, place: number(0), kind: number(4) }];
    }),
  );
  const chosen = drawn
    .toSorted((a, b) => a.place - b.place)
    .filter(isNew)
    .slice(0, count);
  return chosen
    .toSorted((a, b) => a.index - b.index)
    .map(({ point, way, kind }, index) => ({
      flow,
      point,
      way,
      kind: kindOf(kind, index === chosen.length - 1),
    }));
}

/** Of one operation one way at a time: the next run might not come by it any more. */
function isNew({ index }: { index: number }, at: number, all: readonly { index: number }[]): boolean {
  return all.findIndex((other) => other.index === index) === at;
}

function kindOf(number: number, last: boolean): Kind {
  const open = KINDS.filter((kind) => last || kind !== 'cut');
  return open[number % open.length]!;
}
