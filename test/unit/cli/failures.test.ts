import { CLIError } from '@oclif/core/errors';
import { expect, test } from 'vitest';
import { clientVersion, wantsClientVersion } from '../../../src/cli/client-version.ts';
import { interrupted, readFailure } from '../../../src/cli/read-failure.ts';
import { renderFailure, wantsJson } from '../../../src/cli/render-error.ts';

test.each([
  [['get', 'pods', '-o', 'json'], true],
  [['get', 'pods', '-ojson'], true],
  [['get', 'pods', '--output=json'], true],
  [['init', '--output', 'ndjson'], true],
  [['get', 'pods', '-o', 'yaml'], false],
  [['get', 'json'], false],
  [['exec', 'web', '--', 'ps', '-o', 'json'], false],
])('JSON asked for: %j %s', (argv, wanted) => {
  expect(wantsJson(argv)).toBe(wanted);
});

test('a token is not repeated on the screen', () => {
  for (const argv of [
    ['logs', '--token', 'abc'],
    ['logs', '--token=abc'],
  ]) {
    const text = renderFailure(interrupted(argv), { json: false, debug: false, colour: false });
    expect(text).not.toContain('abc');
    expect(text).toContain('kubewright logs --token');
  }
});

// What a node says of itself stands in the message: a kubelet could have written the terminal full.
test('B60: escape sequences in the words of a host or a server do not reach the terminal', () => {
  const words = 'last seen: \u001b]0;owned\u0007\u001b[2J\nnext line';
  const failure = {
    fault: 'given',
    code: 'X',
    message: words,
    hint: words,
    evidence: words,
    exit: 1,
  } as const;
  const text = renderFailure(failure, { json: false, debug: false, colour: false });
  expect(text).not.toMatch(/[\u0007\u001b]/);
  expect(text).toContain('last seen: ');
  expect(text.split('\n').filter((line) => line.includes('next line'))).toHaveLength(3);
});

test('what is thrown and is no Error is a bug with its words', () => {
  expect(readFailure('words', [])).toMatchObject({ fault: 'bug', message: 'words', exit: 10 });
});

test('leaving a question with Ctrl-C is an interruption', () => {
  const left = Object.assign(new Error('User force closed the prompt'), { name: 'ExitPromptError' });
  expect(readFailure(left, ['init'])).toMatchObject({ code: 'Interrupted', exit: 130 });
});

test('one error in an AggregateError is that error', () => {
  const one = new AggregateError([new CLIError('bad flag')]);
  expect(readFailure(one, [])).toMatchObject({ code: 'Usage', message: 'bad flag', exit: 2 });
});

test('the short way of version --client is taken by exactly that', () => {
  expect(wantsClientVersion(['version', '--client'])).toBe(true);
  expect(wantsClientVersion(['version', '--client', '-o', 'json'])).toBe(false);
  expect(clientVersion(process.cwd())).toMatch(/^Client Version: v\d+\.\d+\.\d+\n$/);
});
