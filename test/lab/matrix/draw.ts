import { createHash } from 'node:crypto';

export const WAYS = ['before', 'mid', 'after-unacked'] as const;
/**
 * `kill9`: the command dies. `power`: so does its host at the same moment, and is started again. `cut`: its connection ends,
 * and it may go on by itself. `outage`: its host loses its power and comes back, and nobody tells the command.
 */
export const KINDS = ['kill9', 'power', 'cut', 'outage'] as const;
/** After these the command is gone, and another one takes up what it left. */
const ENDS: readonly Kind[] = ['kill9', 'power'];

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
  /** Default: all. */
  kinds?: readonly Kind[] | undefined;
}

export const keyOf = ({ flow, point, way }: Omit<Kill, 'kind'>): string => `${flow}: ${point} (${way})`;

/**
 * `count` places of one command that nobody has tried, in the order in which it comes by: each run of it takes up where
 * the one before was killed. What does not end a run is the last.
 */
export function drawKills(flow: string, points: readonly string[], draw: Draw): Kill[] {
  const { seed, turn, count, tried, kinds = KINDS } = draw;
  const drawn = [...new Set(points)].flatMap((point, index) =>
    WAYS.flatMap((way) => {
      const key = keyOf({ flow, point, way });
      const digest = createHash('sha256').update(`${seed} ${turn} ${key}`).digest();
      const number = (at: number) => digest.readUInt32BE(at);
      return tried.has(key) ? [] : [{ flow, point, index, way, place: number(0), kind: number(4) }];
    }),
  );
  const inTurn = drawn.toSorted((a, b) => a.place - b.place);
  // Of one operation one way at a time: the next run might not come by it any more.
  const first = inTurn.filter(({ index }, at) => inTurn.findIndex((other) => other.index === index) === at);
  const chosen = first.slice(0, count).toSorted((a, b) => a.index - b.index);
  return chosen.map(({ point, way, kind }, index) => {
    const last = kinds.filter((each) => isPossible(each, point, way));
    const open = index < chosen.length - 1 ? ENDS : last;
    return { flow, point, way, kind: open[kind % open.length]! };
  });
}

/** Silence is a matter of connections to hosts, and shows when something was sent into it. */
function isPossible(kind: Kind, point: string, way: Kill['way']): boolean {
  return kind !== 'outage' || (way !== 'before' && !point.startsWith('api/'));
}
