import { KubewrightError } from '../../base/errors.ts';
import { ApiError } from '../errors.ts';
import type { Manifest } from '../yaml.ts';

/** `FILE:LINE: Deployment "x": what the server said`; exit code and code stay those of the cause. */
export function failureOf(manifest: Manifest, cause: unknown): KubewrightError {
  if (!(cause instanceof KubewrightError)) throw cause;
  const wrapped = new KubewrightError({
    code: cause.code,
    message: `${manifest.source}:${manifest.line}: ${described(manifest)}: ${cause.message}`,
    hint: conflictHint(cause) ?? cause.hint,
    evidence: causes(cause) ?? cause.evidence,
    exit: 'failure',
    cause,
  });
  return Object.assign(wrapped, { exit: cause.exit });
}

export function described({ object }: Manifest): string {
  const name = object.metadata.name ?? object.metadata.generateName ?? '';
  return `${object.kind} "${name}"`;
}

function causes(error: KubewrightError): string | undefined {
  const list = error instanceof ApiError ? (error.status.details?.causes ?? []) : [];
  const lines = list.map(({ field, message }) => (field ? `${field}: ${message ?? ''}` : (message ?? '')));
  return lines.length > 0 ? lines.join('\n') : undefined;
}

function conflictHint(error: KubewrightError): string | undefined {
  if (!(error instanceof ApiError) || !fieldConflict(error)) return undefined;
  return 'take the fields out of the manifest to leave them to their manager, or take them over with --force-conflicts';
}

export function fieldConflict(error: ApiError): boolean {
  return (
    error.httpStatus === 409 &&
    (error.status.details?.causes ?? []).some((cause) => cause.reason === 'FieldManagerConflict')
  );
}

/** The managers that a conflict names. */
export function conflictingManagers(error: ApiError): string[] {
  return (error.status.details?.causes ?? []).flatMap(({ message }) => {
    const name = /^conflict with "([^"]*)"/.exec(message ?? '')?.[1];
    return name === undefined ? [] : [name];
  });
}
