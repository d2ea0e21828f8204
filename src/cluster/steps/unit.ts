import { changeOf } from '../../engine/changes.ts';
import type { Seen } from '../../engine/seen.ts';
import { change, done, type OperationDraft, type Step } from '../../engine/step.ts';
import type { Facts } from '../../host/port.ts';

/** A command that tells whether the unit does its work: at once for a look, with patience after a start. */
export interface Health {
  look: readonly string[];
  verify: readonly string[];
}

/** Clock readings of the kernel, of systemd and of the file system lie this far apart at most, in seconds. */
const tolerance = 0.05;

/**
 * A systemd unit that is enabled, running, and not older than the files that it reads. Written by effect: a run
 * that was killed between a file and the restart is found out by the file's time, whatever the journal says.
 */
export function unitStep(unit: string, inputs: readonly string[], facts: Facts, health?: Health): Step {
  const show = ['systemctl', 'show', '-p', 'ActiveEnterTimestampMonotonic,NeedDaemonReload', unit] as const;
  const times = ['stat', '-c', '%.Y %n', ...inputs] as const;
  return {
    name: unit,
    look: [
      { kind: 'unit', name: unit },
      { kind: 'run', argv: show },
      { kind: 'run', argv: times },
      ...(health ? [{ kind: 'run' as const, argv: health.look }] : []),
    ],
    check: (seen) => {
      const state = seen.unit(unit);
      const stale = inputs.some((path) => seen.written.has(path)) || isStale(seen, show, times, facts);
      const running = state.active === 'active' || state.active === 'activating';
      const sick = running && health !== undefined && seen.run(health.look).exit !== 0;
      if (running && state.enabled === 'enabled' && !stale && !sick) return done;
      const operations: OperationDraft[] = [];
      // Each of these takes systemd a tenth of a second or more: only what is needed.
      if (needsReload(seen, show, state.active)) {
        operations.push({ kind: 'unit', name: unit, action: 'reload' });
      }
      if (state.enabled !== 'enabled') operations.push({ kind: 'unit', name: unit, action: 'enable' });
      else if (!running) operations.push({ kind: 'unit', name: unit, action: 'start' });
      if (running) operations.push({ kind: 'unit', name: unit, action: 'restart' });
      if (health) operations.push({ kind: 'run', argv: health.verify });
      const announce = operations
        .filter(({ kind }) => kind === 'unit')
        .flatMap((each) => changeOf(each) ?? []);
      return change(`${running ? 'restart' : 'enable and start'} ${unit}`, operations, { announce });
    },
  };
}

/** systemd has not read unit files as they are, or will not have when this run has written its own. */
function needsReload(seen: Seen, show: readonly string[], active: string): boolean {
  if (active === 'unknown' || !seen.run(show).stdout.includes('NeedDaemonReload=no')) return true;
  return [...seen.written].some((path) => path.includes('/systemd/system/'));
}

function isStale(seen: Seen, show: readonly string[], times: readonly string[], facts: Facts): boolean {
  const properties = seen.run(show).stdout;
  if (properties.includes('NeedDaemonReload=yes')) return true;
  const entered = Number(/ActiveEnterTimestampMonotonic=(\d+)/.exec(properties)?.[1] ?? 0) / 1e6;
  const booted = facts.clock.host / 1000 - facts.uptimeSeconds;
  return seen
    .run(times)
    .stdout.split('\n')
    .some((line) => Number.parseFloat(line) > booted + entered + tolerance);
}
