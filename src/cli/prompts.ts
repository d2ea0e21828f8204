// Loaded lazily by context.ts: inquirer costs more to load than most commands take.
import { confirm, input, password, select } from '@inquirer/prompts';
import type { Prompts } from './held-prompts.ts';
import type { TerminalReader, TerminalWriter } from './runtime.ts';

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
