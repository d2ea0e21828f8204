import type { ClosableReporter } from '../output/reporters/choose.ts';

/** Questions to a person. They are written to stderr, so that stdout stays the result. */
export interface Prompts {
  confirm(message: string, fallback?: boolean): Promise<boolean>;
  input(message: string, options?: InputOptions): Promise<string>;
  password(message: string): Promise<string>;
  select<T extends string>(message: string, choices: readonly { value: T; name: string }[]): Promise<T>;
}

export interface InputOptions {
  default?: string;
  validate?: (value: string) => true | string;
}

/**
 * One question at a time, for what is typed goes to every one that is open; the screen stands still meanwhile. Who
 * leaves one leaves those that wait behind it too.
 */
export function heldPrompts(prompts: Prompts, reporter: ClosableReporter): Prompts {
  let last: Promise<unknown> = Promise.resolve();
  const ask = <T>(question: () => Promise<T>): Promise<T> => {
    const answer = last.then(() => held(question));
    last = answer;
    return answer;
  };
  const held = async <T>(question: () => Promise<T>): Promise<T> => {
    const release = reporter.hold();
    try {
      return await question();
    } finally {
      release();
    }
  };
  return {
    confirm: (message, fallback) => ask(() => prompts.confirm(message, fallback)),
    input: (message, options) => ask(() => prompts.input(message, options)),
    password: (message) => ask(() => prompts.password(message)),
    select: (message, choices) => ask(() => prompts.select(message, choices)),
  };
}
