import { octal, type PlannedChange } from '../../engine/changes.ts';
import { done, type Step } from '../../engine/step.ts';
import type { Query } from '../../host/port.ts';
import { textTemplate } from '../manifests/template.ts';

/** A place that a daemon makes for itself sooner or later. */
export interface Trace {
  path: string;
  kind: 'folder' | 'file';
  mode: number;
  /** The daemon also changes the mode of what is there already. */
  enforced?: boolean;
}

/**
 * Makes what is missing of these before a daemon does, so that the journal knows what was not there, and what had
 * another mode: reset puts that back. Folders that have something in them by then stay.
 */
export function tracesStep(name: string, traces: readonly Trace[]): Step {
  return {
    name,
    look: traces.map(({ path }): Query => ({ kind: 'file', path })),
    check: (seen) => {
      const absent = traces.filter(({ path }) => seen.file(path).type === 'absent');
      const loose = traces.filter(({ path, mode, enforced }) => {
        const found = seen.file(path);
        return enforced && found.type === 'directory' && found.mode !== mode;
      });
      // What lies in /run is gone after every boot: alone it is no change, its daemon makes it again.
      const lasting = absent.filter(({ path }) => !path.startsWith('/run/'));
      if (lasting.length + loose.length === 0) return done;
      const modes = loose.map(({ path }) => [seen.file(path).mode.toString(8), path]);
      const undo = [
        ...modes.flatMap(([mode, path]) => ['mode', mode!, path!]),
        ...absent.toReversed().flatMap(({ kind, path }) => [kind, '', path]),
      ];
      const make = [...absent, ...loose].flatMap(({ kind, mode, path }) => [kind, mode.toString(8), path]);
      const change = { kind: 'run' as const, argv: script('make', make), undo: script('take', undo) };
      return {
        status: 'change',
        summary: [...absent, ...loose].map(({ path, mode }) => `make ${path} (0${mode.toString(8)})`),
        change: { kind: 'operations', operations: () => [change] },
        known: [change],
        announce: [...absent, ...loose].map(announced),
      };
    },
  };
}

function announced({ kind, path, mode }: Trace): PlannedChange {
  return { kind, action: 'write', target: path, mode: { after: octal(mode) } };
}

function script(verb: 'make' | 'take', argv: string[]): string[] {
  return ['sh', '-c', textTemplate('steps/traces.sh'), 'traces.sh', verb, ...argv];
}
