import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createContext } from '../../../src/cli/context.ts';
import { sudoPasswords } from '../../../src/cli/sudo-password.ts';
import { chooseReporter } from '../../../src/output/reporters/choose.ts';

/** A person at a terminal, who types a line when a question is open. */
function terminal() {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stderr = Object.assign(new PassThrough(), { isTTY: true, columns: 200 });
  // As that of a process, which no pipe ends.
  stderr.end = () => stderr;
  const stdout = new PassThrough();
  let shown = '';
  stderr.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const runtime = { env: {}, cwd: '/', stdin, stdout, stderr, signal: new AbortController().signal };
  const reporter = chooseReporter({ format: 'json', stdout, stderr, env: {}, verbose: false });
  const cli = createContext({ flags: {}, runtime, reporter, root: '/', command: 'join' });
  const type = async (question: string, answer: string): Promise<void> => {
    while (!shown.includes(question)) await sleep(5);
    // The prompt listens a moment after it is shown.
    await sleep(50);
    stdin.write(`${answer}\r`);
  };
  return { cli, type };
}

// Both questions were open at once, and both got what was typed for the first.
test('the sudo password of one host is not given to another that asks in the same moment', async () => {
  const { cli, type } = terminal();
  const ask = sudoPasswords({}, () => cli.prompts());
  const answers = Promise.all([ask('w1')(), ask('w2')()]);
  await type('sudo password on w1', 'first');
  await type('sudo password on w2', 'second');
  expect(await answers).toEqual(['first', 'second']);
});
