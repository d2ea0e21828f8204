import { change, done, type Step } from '../../engine/step.ts';
import { writtenBy } from '../manifests/written-by.ts';
import { expectation, type FileSpec, fileStep } from './file.ts';

/** A file that is there as long as there is something to say in it. One of the same name that is not ours stays. */
export function ownFileStep(name: string, path: string, file: FileSpec | undefined): Step {
  if (file) return fileStep(name, file);
  return {
    name,
    look: [{ kind: 'file', path, content: true }],
    check: (seen) => {
      const found = seen.file(path, { content: true });
      if (!found.content?.toString('utf8').startsWith(writtenBy())) return done;
      return change(`remove ${path}`, [{ kind: 'remove', path, ...expectation(found) }]);
    },
  };
}
