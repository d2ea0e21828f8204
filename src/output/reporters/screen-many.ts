import type { HostState, Screen, View } from './screen.ts';
import { counted, fit, harmless, seconds } from './text.ts';

/** Up to so many hosts each have a block of their own. */
export const FEW = 6;
/** Lines of the moving part, however high the terminal is: more of them nobody reads. */
const MOST = 14;

const STATES: readonly HostState[] = ['done', 'failed', 'working', 'waiting'];

/** For many hosts: how many are in which state, those that failed, those that have been at it for longest. */
export function drawMany(screen: Screen, view: View, spinner: string): string[] {
  const { colours, columns, rows } = view;
  const room = Math.max(1, Math.min(MOST, rows - 1));
  const lines = [...failedLines(screen, view), ...workingLines(screen, view, spinner)];
  const shown = lines.length < room ? lines : lines.slice(0, Math.max(0, room - 2));
  const folded = lines.length - shown.length;
  return [
    colours.bold(fit(summary(screen), columns - 1)),
    ...shown,
    ...(folded > 0 && room > 1 ? [colours.dim(fit(`  … ${folded} more`, columns - 1))] : []),
  ];
}

function summary({ hosts }: Screen): string {
  const counts = STATES.map((state) => {
    const number = [...hosts.values()].filter((host) => host.state === state).length;
    return number > 0 ? `${number} ${state}` : '';
  });
  return `${hosts.size} hosts: ${counts.filter(Boolean).join(', ')}`;
}

/** The last ones to fail come first; half of the room is theirs at most, so that work under way is seen as well. */
function failedLines({ hosts }: Screen, { colours, columns }: View): string[] {
  const failed = [...hosts].filter(([, { state }]) => state === 'failed').toReversed();
  const shown = failed.slice(0, MOST / 2 - 1);
  const lines = shown.map(([name, { reason = '' }]) =>
    colours.red(fit(harmless(`  ✗ ${name}  ${reason}`), columns - 1)),
  );
  const rest = failed.length - shown.length;
  return rest > 0 ? [...lines, colours.red(fit(`  ✗ and ${rest} more`, columns - 1))] : lines;
}

function workingLines(screen: Screen, view: View, spinner: string): string[] {
  const working = [...screen.hosts].filter(([, { state }]) => state === 'working');
  return working
    .toSorted(([, a], [, b]) => a.since - b.since)
    .map(([name, { since }]) => {
      const took = seconds((view.now - since) / 1000);
      const room = view.columns - took.length - 7;
      const text = fit(harmless(`${name}  ${doing(screen, name)}`), Math.max(4, room));
      return `  ${view.colours.cyan(spinner)} ${text}  ${view.colours.dim(took)}`;
    });
}

/** What holds a host up: the wait or the phase that has been under way for longest, and how far the bytes are. */
function doing({ phases, waiting, progress }: Screen, host: string): string {
  const mine = <E extends { event: { host?: string }; since: number }>(map: Map<string, E>) =>
    [...map.values()].filter(({ event }) => event.host === host).toSorted((a, b) => a.since - b.since)[0];
  const wait = mine(waiting);
  const phase = mine(phases);
  const bytes = mine(progress);
  return [
    wait ? `waiting for ${wait.event.for}` : (phase?.event.title ?? 'connecting'),
    bytes ? counted(bytes.event) : '',
  ]
    .filter(Boolean)
    .join('  ');
}
