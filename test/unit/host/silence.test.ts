import { expect, it } from 'vitest';
import { masterArguments } from '../../../src/host/openssh/arguments.ts';
import { PATIENCE } from '../../../src/host/ssh/link.ts';
import { DEFAULT_KEEPALIVE_MS } from '../../../src/host/ssh/options.ts';
import { noPrompts } from '../../../src/host/ssh/prompts.ts';

/** Seconds: a connection that is half open may cost no more. */
const ENOUGH = 45;

it('B06: a connection that nobody set anything for is known to be dead within 45 s, by either client', () => {
  // Looked at four times an interval.
  expect((DEFAULT_KEEPALIVE_MS * (PATIENCE + 0.25)) / 1000).toBeLessThanOrEqual(ENOUGH);
  const peer = { strict: false } as Parameters<typeof masterArguments>[2];
  const words = masterArguments('/s', '/l', peer, { acceptNewHostKeys: false, prompts: noPrompts, env: {} });
  const value = (name: string) => Number(words.find((word) => word.startsWith(`${name}=`))?.split('=')[1]);
  // Unanswered ones, and the one whose answer is waited for last.
  const seconds = value('ServerAliveInterval') * (value('ServerAliveCountMax') + 1);
  expect(seconds).toBeGreaterThan(0);
  expect(seconds).toBeLessThanOrEqual(ENOUGH);
});
