import { type ErrorDetails, KubewrightError } from '../base/errors.ts';

/** A command line that does not make sense: exit 1, as in kubectl. */
export function usageFault(message: string, hint?: string): KubewrightError {
  return new KubewrightError({ code: 'ArgumentInvalid', message, hint, exit: 'failure' });
}

/** A file that cannot be read as manifests: exit 23. */
export function unreadable(message: string, more: Partial<ErrorDetails> = {}): KubewrightError {
  return new KubewrightError({ code: 'ManifestUnreadable', message, ...more, exit: 'invalidInput' });
}

/** One error as itself, several together, none not at all. */
export function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors);
}
