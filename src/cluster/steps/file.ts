import { createHash } from 'node:crypto';
import { change, done, type Step } from '../../engine/step.ts';
import type { FileState } from '../../host/port.ts';

export interface FileSpec {
  path: string;
  /** Permission bits, 0o600. */
  mode: number;
  content: string | Buffer;
  secret?: boolean;
}

/** A file of root's with exactly these bytes and this mode. */
export function fileStep(name: string, spec: FileSpec): Step {
  return {
    name,
    look: [{ kind: 'file', path: spec.path, hash: true }],
    check: (seen) => {
      const found = seen.file(spec.path, { hash: true });
      return isInPlace(found, spec) ? done : change(describe(found, spec), [writeOf(spec, found)]);
    },
  };
}

export function isInPlace(found: FileState, spec: FileSpec): boolean {
  return (
    found.type === 'file' &&
    found.mode === spec.mode &&
    found.uid === 0 &&
    found.gid === 0 &&
    found.sha256 === sha256(spec.content)
  );
}

/** The write that the host carries out only if the file is still what was seen. */
export function writeOf(spec: FileSpec, found: FileState) {
  return {
    kind: 'write' as const,
    path: spec.path,
    content: spec.content,
    mode: spec.mode,
    ...(spec.secret ? { secret: true } : {}),
    ...expectation(found),
  };
}

export function describe(found: FileState, spec: Pick<FileSpec, 'path' | 'mode'>): string {
  const mode = spec.mode.toString(8).padStart(4, '0');
  return `${found.type === 'absent' ? 'write' : 'mend'} ${spec.path} (${mode})`;
}

export function expectation(found: FileState) {
  if (found.type === 'absent') return { expect: 'absent' as const };
  return found.sha256 ? { expect: { sha256: found.sha256 } } : {};
}

/** A path as the name of its step: `etc-hosts`. */
export function stepName(path: string): string {
  return path.slice(1).replaceAll('/', '-');
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
