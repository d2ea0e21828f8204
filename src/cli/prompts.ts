// Loaded lazily by context.ts: inquirer costs more to load than most commands take.
import { confirm, input, password, select } from '@inquirer/prompts';
import type { TerminalReader, TerminalWriter } from './runtime.ts';

/** Questions to a person. Answers go where they were asked: stderr, so that stdout stays the result. */
export interface Prompts {
  confirm(message: string, fallback?: boolean): Promise<boolean>;
  input(
    message: string,
    options?: { default?: string; validate?: (value: string) => true | string },
  ): Promise<string>;
  password(message: string): Promise<string>;
  select<T extends string>(message: string, choices: readonly { value: T; name: string }[]): Promise<T>;
}

export interface PromptStreams {
  stdin: TerminalReader;
  stderr: TerminalWriter;
  signal: AbortSignal;
}

export function terminalPrompts(streams: PromptStreams): Prompts {
  const about = { input: streams.stdin, output: streams.stderr, signal: streams.signal };
  return {
    confirm: (message, fallback = false) => confirm({ message, default: fallback }, about),
    input: (message, options = {}) => input({ message, ...options }, about),
    password: (message) => password({ message, mask: '*' }, about),
    select: (message, choices) => select({ message, choices }, about),
  };
}
