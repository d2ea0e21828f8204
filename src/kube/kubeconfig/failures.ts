import { KubewrightError } from '../../base/errors.ts';
import { didYouMean } from '../nearest.ts';

export function kubeconfigError(
  code: string,
  message: string,
  more: { hint?: string; cause?: unknown; evidence?: string } = {},
): KubewrightError {
  return new KubewrightError({ code, message, exit: 'kubeconfig', ...more });
}

export function dangling(
  what: 'context' | 'cluster' | 'user',
  name: string,
  by: string,
  known: Iterable<string>,
  files: string[],
): KubewrightError {
  const names = [...known];
  const there = names.length === 0 ? `there is no ${what} at all` : `it has ${names.slice(0, 8).join(', ')}`;
  return kubeconfigError(
    `Unknown${what[0]!.toUpperCase()}${what.slice(1)}`,
    `${by} the ${what} "${name}", which is not in ${files.join(', ')}`,
    { hint: didYouMean(name, names) || there },
  );
}
