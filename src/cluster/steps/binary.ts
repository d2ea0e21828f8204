import type { Artifact } from '../../artifacts/port.ts';
import { change, done, type OperationDraft, type Step } from '../../engine/step.ts';
import type { Remote } from '../../host/port.ts';
import type { Carriage, Courier } from '../delivery/courier.ts';
import { FROM_HOSTS } from '../delivery/share.ts';
import { describe, expectation } from './file.ts';

export interface HostBinary {
  path: string;
  mode: number;
  artifact: Artifact;
  /** Where the host fetches it by itself; absent: it is sent. */
  from?: Remote;
  /** Who brings it from hosts that have it; absent: it comes from one place. */
  courier?: Courier;
}

/** An executable from the artifact store at its place on the host; what is there already is not sent again. */
export function binaryStep({ path, mode, artifact, from, courier }: HostBinary): Step {
  return {
    name: path.slice(path.lastIndexOf('/') + 1),
    look: [{ kind: 'file', path, hash: true }],
    check: (seen) => {
      const found = seen.file(path, { hash: true });
      const inPlace =
        found.type === 'file' && found.mode === mode && found.uid === 0 && found.sha256 === artifact.sha256;
      if (inPlace) return done;
      const size = `${(artifact.size / 1e6).toFixed(0)} MB`;
      const origin = from ? ` from ${new URL(from.url).host}` : courier ? FROM_HOSTS : '';
      const summary = `${describe(found, { path, mode })}, ${artifact.component} ${artifact.version}, ${size}${origin}`;
      const common = { path, mode, timeoutSeconds: 600, ...expectation(found) };
      const { sha256, size: bytes } = artifact;
      const drafts = ({ from, keep }: Partial<Carriage>): OperationDraft[] => {
        const place = keep === undefined ? common : { ...common, keep };
        return [
          from
            ? { kind: 'fetch', from, sha256, size: bytes, ...place }
            : { kind: 'upload', artifact, ...place },
        ];
      };
      const known = drafts(from ? { from } : {});
      if (courier)
        return { status: 'change', summary: [summary], change: courier.change(artifact, drafts), known };
      return change(summary, known, { lane: 'bulk' });
    },
  };
}
