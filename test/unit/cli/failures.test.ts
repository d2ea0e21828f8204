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
