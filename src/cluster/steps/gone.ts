import { change, done, type Step } from '../../engine/step.ts';
import { expectation } from './file.ts';

/** A file of ours, under a name that nobody else would give, that is not wanted any more. */
export function goneStep(name: string, path: string): Step {
  return {
    name,
    look: [{ kind: 'file', path, hash: true }],
    check: (seen) => {
      const found = seen.file(path, { hash: true });
      if (found.type === 'absent') return done;
      return change(`remove ${path}`, [{ kind: 'remove', path, ...expectation(found) }]);
    },
  };
}
