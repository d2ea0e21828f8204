import type { Artifact } from '../../artifacts/port.ts';
import { change, done, type Step } from '../../engine/step.ts';
import { describe, expectation } from './file.ts';

export interface HostBinary {
  path: string;
  mode: number;
  artifact: Artifact;
}

/** An executable from the artifact store at its place on the host; what is there already is not sent again. */
export function binaryStep({ path, mode, artifact }: HostBinary): Step {
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    look: [{ kind: 'file', path, hash: true }],
    check: (seen) => {
      const found = seen.file(path, { hash: true });
      const inPlace =
        found.type === 'file' && found.mode === mode && found.uid === 0 && found.sha256 === artifact.sha256;
      if (inPlace) return done;
      const size = `${(artifact.size / 1e6).toFixed(0)} MB`;
      const summary = `${describe(found, { path, mode })}, ${artifact.component} ${artifact.version}, ${size}`;
      return change(
        summary,
        [{ kind: 'upload', path, mode, artifact, timeoutSeconds: 600, ...expectation(found) }],
        'bulk',
      );
    },
  };
}
