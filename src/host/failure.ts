import { KubewrightError } from '../base/errors.ts';
import { shownUrl } from '../base/shown-url.ts';
import type { Operation } from './port.ts';

interface Reason {
  /** What the applier said: `moved SHA256`, `full BYTES FREE`, `lost EPOCH` …; empty for an ordinary failure. */
  words: string[];
  code: number;
  stderr: string;
}

/** Turns the applier's refusal into our error. */
export function failure(host: string, operation: Operation, reason: Reason): KubewrightError {
  const secret = 'secret' in operation && operation.secret === true;
  const evidence = secret ? '' : lastLines(withoutUsers(operation, reason.stderr));
  const common = { host, step: operation.id, ...(evidence ? { evidence } : {}) };
  const what = describe(operation);
  const [word, first, second] = reason.words;
  switch (word) {
    case 'full':
      return new KubewrightError({
        ...common,
        code: 'DiskFull',
        message: `no space left on ${host} for ${what}: ${first} bytes needed, ${second} bytes free`,
        hint: 'Make room there, then run the same command again: it resumes.',
        exit: 'diskFull',
      });
    case 'moved':
      return new KubewrightError({
        ...common,
        code: 'PlanMoved',
        message: `${what} on ${host} is not as it was when the plan was made: ${found(first)}`,
        hint: 'Look at the difference with --dry-run, then run the command again.',
        exit: 'planMoved',
      });
    case 'lost':
      return lockLost(host, { ...common, epoch: first ?? '0' });
    case 'busy':
      return new KubewrightError({
        ...common,
        code: 'HostBusy',
        message: `a command of an earlier run is still at work on ${host}`,
        hint: 'Wait for it, then run the same command again.',
        exit: 'locked',
      });
    case 'interrupted':
      return connectionLost(host, {
        ...common,
        message: `the connection to ${host} was lost while it ran ${what}; whether it ended is not known`,
      });
    case 'damaged':
      return new KubewrightError({
        ...common,
        code: 'ArtifactDamaged',
        message: `${what} on ${host} does not have the digest that it should have; it was not put in place`,
        hint: 'Run the same command again; if it stays, the artifact or the connection is damaged.',
        exit: 'artifact',
      });
    case 'unfetched':
    case 'nofetcher':
      return unfetched(operation, word, common);
    case 'timeout':
      return new KubewrightError({
        ...common,
        code: 'OperationTimeout',
        message: `${what} on ${host} did not end within ${operation.timeoutSeconds ?? 60} seconds`,
        hint: 'Look at what it waits for, then run the same command again: it resumes.',
        exit: 'step',
      });
    default:
      return new KubewrightError({
        ...common,
        code: 'OperationFailed',
        message: `${what} failed on ${host}${reason.code ? ` with exit code ${reason.code}` : ''}`,
        hint: 'Mend what the lines above say, then run the same command again: it resumes.',
        exit: 'step',
      });
  }
}

/** Addresses that a downloading program speaks of may hold a mirror's password. */
function withoutUsers({ kind }: Operation, stderr: string): string {
  return kind === 'fetch' ? stderr.replace(/(https?:\/\/)[^/\s]*@/gi, '$1') : stderr;
}

function unfetched(
  operation: Operation,
  word: 'unfetched' | 'nofetcher',
  common: { host: string; step: string; evidence?: string },
): KubewrightError {
  const url = 'from' in operation && operation.from ? shownUrl(operation.from.url) : '';
  const { host } = common;
  if (word === 'nofetcher') {
    return new KubewrightError({
      ...common,
      code: 'FetcherMissing',
      message: `${host} has neither curl nor wget to download ${url}`,
      hint: 'Install one of them there, or use --artifacts-delivery upload.',
      exit: 'prerequisite',
    });
  }
  return new KubewrightError({
    ...common,
    code: 'FetchFailed',
    message: `${host} could not download ${url}`,
    hint: `Can the host reach it? Its proxy and its authorities count, not yours. The same command again goes on from there; --artifacts-delivery upload sends it from here.`,
    exit: 'artifact',
  });
}

/** `epoch`: of the lock that is there now. */
export function lockLost(
  host: string,
  { epoch, ...common }: { epoch: string; step?: string },
): KubewrightError {
  return new KubewrightError({
    ...common,
    code: 'LockLost',
    message: `another run has taken over ${host} (its lock's epoch is ${epoch}); nothing more is changed there`,
    hint: 'Wait for the other run, then run the same command again.',
    host,
    exit: 'locked',
  });
}

export function connectionLost(
  host: string,
  more: { message?: string; step?: string; evidence?: string; cause?: unknown } = {},
): KubewrightError {
  return new KubewrightError({
    code: 'ConnectionLost',
    message: `the connection to ${host} was lost and could not be made again`,
    hint: 'Run the same command again: it resumes where it stopped.',
    host,
    exit: 'connectionLost',
    ...more,
  });
}

function describe(operation: Operation): string {
  switch (operation.kind) {
    case 'write':
    case 'upload':
    case 'fetch':
    case 'mkdir':
    case 'remove':
      return operation.path;
    case 'image':
      return operation.reference;
    case 'sysctl':
      return operation.key;
    case 'unit':
      return `systemctl ${operation.action} ${operation.name}`;
    case 'run':
      if (operation.secret) return operation.argv[0]!;
      return (operation.label ?? operation.argv.join(' ')).slice(0, 200);
  }
}

function found(state: string | undefined): string {
  if (state === 'absent') return 'it is gone';
  return state === 'other' ? 'it is not a file any more' : 'its content is another';
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-20).join('\n');
}
