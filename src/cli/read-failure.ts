import { stripVTControlCharacters } from 'node:util';
import { CLIError, ExitError } from '@oclif/core/errors';
import { KubewrightError } from '../base/errors.ts';
import { EXIT } from '../base/exit-codes.ts';
import { quote } from '../base/quote.ts';

/** Everything that is told of an error, whoever threw it. Its JSON form (without `stack`) is a contract. */
export interface Failure {
  /** `bug`: ours; everything else is the user's, the host's or the cluster's. */
  fault: 'given' | 'bug';
  code: string;
  message: string;
  host?: string;
  step?: string;
  evidence?: string;
  hint?: string;
  /** Where several hosts failed, each with its own words. */
  also?: Failure[];
  exit: number;
  stack?: string;
  /** An exit code and nothing to say, as `exec` passes on. */
  silent?: boolean;
}

export function readFailure(error: unknown, argv: readonly string[]): Failure {
  if (error instanceof KubewrightError) return known(error, argv);
  if (error instanceof ExitError)
    return { ...usage(error, argv), silent: true, exit: error.oclif.exit ?? EXIT.ok };
  if (error instanceof CLIError) return usage(error, argv);
  if (error instanceof AggregateError) return several(error, argv);
  if (isPromptLeft(error)) return interrupted(argv);
  return bug(error);
}

function known(error: KubewrightError, argv: readonly string[]): Failure {
  const { code, message, host, step, evidence, hint, exit, cause } = error;
  const also =
    cause instanceof AggregateError ? cause.errors.map((each) => readFailure(each, argv)) : undefined;
  return { fault: 'given', code, message, host, step, evidence, hint, also, exit, stack: error.stack };
}

function several(error: AggregateError, argv: readonly string[]): Failure {
  const also = error.errors.map((each) => readFailure(each, argv));
  const first = also[0];
  if (!first) return bug(error);
  if (also.length === 1) return first;
  const message = error.message || `${also.length} errors`;
  const fault = also.some((each) => each.fault === 'bug') ? 'bug' : 'given';
  return { fault, code: 'Several', message, also, exit: first.exit, stack: error.stack };
}

/** oclif's parser: the command line is wrong. */
function usage(error: CLIError, argv: readonly string[]): Failure {
  const unknown = /^command (\S+) not found$/.exec(error.message)?.[1]?.replaceAll(':', ' ');
  const message = unknown
    ? `There is no command "${unknown}".`
    : stripVTControlCharacters(error.message)
        .replace(/\nSee more help with --help$/, '')
        .replace(/^Parsing (--\S+)\s+/, '$1: ');
  const command = unknown ? unknown.split(' ').slice(0, -1) : commandOf(argv);
  const hint = `Run: ${quote(['kubewright', ...command, '--help'])}`;
  // `plan --exit-code`: there the code of a wrong command line is an answer.
  const exit = argv.includes('--exit-code') ? EXIT.invalidInput : EXIT.usage;
  return { fault: 'given', code: 'Usage', message, hint, exit, stack: error.stack };
}

const TOPICS = ['artifacts', 'config', 'images', 'lab', 'phase', 'token'];

/** `apply`, `config validate`. */
function commandOf(argv: readonly string[]): string[] {
  const words = argv.filter((word) => /^[a-z][a-z-]*$/.test(word));
  return words.slice(0, TOPICS.includes(words[0] ?? '') ? 2 : 1);
}

function bug(error: unknown): Failure {
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    fault: 'bug',
    code: 'Bug',
    message,
    hint: 'This is a defect of kubewright. Please report it with the output of the same command and --debug.',
    exit: EXIT.bug,
    stack: error instanceof Error ? error.stack : undefined,
  };
}

export function interrupted(argv: readonly string[]): Failure {
  return {
    fault: 'given',
    code: 'Interrupted',
    message: 'Interrupted.',
    hint: `What was done stays done; the same command goes on from there: ${commandLine(argv)}`,
    exit: EXIT.interrupted,
  };
}

/** As it was typed, without what must not be repeated on a screen. */
function commandLine(argv: readonly string[]): string {
  const words = argv.map((word, index) => {
    if (argv[index - 1] === '--token' || /^[a-z0-9]{6}\.[a-z0-9]{16}$/.test(word)) return 'TOKEN';
    return word.startsWith('--token=') ? '--token=TOKEN' : word;
  });
  return quote(['kubewright', ...words]);
}

/** Inquirer's own classes are loaded only with its prompts, so the name has to do. */
function isPromptLeft(error: unknown): boolean {
  return error instanceof Error && (error.name === 'ExitPromptError' || error.name === 'AbortPromptError');
}
