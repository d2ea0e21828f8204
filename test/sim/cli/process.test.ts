import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const script = join(import.meta.dirname, '../../fakes/cli-process.ts');

function start(args: string[], env: Record<string, string> = {}): ChildProcess {
  const { PATH = '', HOME = '' } = process.env;
  return spawn(process.execPath, [script, ...args], {
    env: { PATH, HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function ended(child: ChildProcess) {
  const [stdout, stderr] = [collect(child.stdout!), collect(child.stderr!)];
  const [exit, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { exit, signal, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (chunk) => {
    text += chunk;
  });
  return () => text;
}

const act = (args: string[], env?: Record<string, string>) => ended(start(['act', ...args], env));

describe('results', () => {
  test('text to stdout, progress to stderr', async () => {
    expect(await act(['finish'])).toMatchObject({ exit: 0, stdout: 'made web\n', stderr: '' });
  });
  test('json', async () => {
    expect(JSON.parse((await act(['finish', '-o', 'json'])).stdout)).toEqual({ name: 'web' });
  });
  test('ndjson: events, then the result', async () => {
    const lines = (await act(['finish', '-o', 'ndjson'])).stdout.trim().split('\n');
    expect(lines.map((line) => JSON.parse(line).type)).toEqual(['phase', 'result']);
  });
  test('long output arrives whole', async () => {
    expect((await act(['flood'])).stdout).toHaveLength(1_000_000);
  });
});

describe('errors', () => {
  test('the host’s fault: what, where, evidence, what to do; no stack', async () => {
    expect(await act(['fail'])).toEqual({
      exit: 12,
      signal: null,
      stdout: '',
      stderr:
        'Error: cp1 does not answer.\n  on host cp1, step connect\n  | Connection refused�[2J\n  → Is it on?\n',
    });
  });
  test('several hosts, each in its own words', async () => {
    const { exit, stderr } = await act(['fail-twice']);
    expect(exit).toBe(26);
    expect(stderr).toMatch(
      /^Error: 2 of 3 hosts failed\.\n {2}Error: w1 does not answer\.\n(.*\n)+ {2}Error: w2 /,
    );
  });
  test('our fault asks to be reported', async () => {
    const { exit, stderr } = await act(['bug']);
    expect(exit).toBe(10);
    expect(stderr).toContain('TypeError: x is not a function\n');
    expect(stderr).toContain('report');
    expect(stderr).not.toContain('    at ');
  });
  test.each([
    [['bug', '--debug'], {}],
    [['bug'], { KUBEWRIGHT_DEBUG: '1' }],
  ])('a stack when asked for: %j %j', async (args, env) => {
    expect((await act(args, env as Record<string, string>)).stderr).toContain('    at ');
  });
  test('a rejection that nobody waited for is our fault too', async () => {
    const { exit, stderr } = await act(['stray']);
    expect(exit).toBe(10);
    expect(stderr).toContain('nobody waited for this');
  });
  test('as JSON where the result was to be JSON', async () => {
    const { exit, stderr } = await act(['fail', '-o', 'json']);
    expect(exit).toBe(12);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        fault: 'given',
        code: 'HostUnreachable',
        message: 'cp1 does not answer.',
        host: 'cp1',
        step: 'connect',
        evidence: 'Connection refused\u001b[2J\n',
        hint: 'Is it on?',
        exit: 12,
      },
    });
  });
  test('an exit code that is passed on says nothing', async () => {
    expect(await act(['pass'])).toMatchObject({ exit: 7, stderr: '' });
  });
});

describe('usage errors exit with 2 and say where help is', () => {
  test.each([
    [['act'], 'Missing 1 required arg', 'kubewright act --help'],
    [['act', 'finish', '--nonsense'], 'Nonexistent flag: --nonsense', 'kubewright act --help'],
    [
      ['act', 'finish', '-o', 'xml'],
      'Expected --output=xml to be one of: text, json, ndjson',
      'kubewright act --help',
    ],
    [['nonsense'], 'There is no command "nonsense".', 'kubewright --help'],
    [
      ['act', 'finish', '--ask-sudo-password', '--sudo-password-file=x'],
      'cannot also be provided',
      'kubewright act --help',
    ],
  ])('%j', async (args, message, hint) => {
    const { exit, stderr } = await ended(start(args));
    expect(exit).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr).toContain(hint);
  });
});

describe('Ctrl-C', () => {
  const interrupt = async (how: string, signals: NodeJS.Signals[], args: string[] = []) => {
    const child = start(['act', how, ...args]);
    const end = ended(child);
    await once(child.stdout!, 'data');
    for (const signal of signals) {
      child.kill(signal);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return end;
  };

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'B04: %s ends the step, says how to go on, exit 130',
    async (signal) => {
      const { exit, stderr } = await interrupt('listen', [signal], ['--sudo-password-file', 'a b']);
      expect(exit).toBe(130);
      expect(stderr).toContain('Ending the current step');
      expect(stderr).toContain(`kubewright act listen --sudo-password-file 'a b'\n`);
    },
  );
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'B04: %s a second time ends it where it stands',
    async (signal) => {
      const { exit, signal: by, stderr } = await interrupt('stubborn', [signal, signal]);
      expect([exit, by]).toEqual([130, null]);
      expect(stderr).toBe('\nEnding the current step; once more to stop at once.\n');
    },
  );
  test('B04: a command that does not listen ends at once', async () => {
    expect(await interrupt('deaf', ['SIGINT'])).toMatchObject({ exit: 130, stderr: '' });
  });
});

test('a reader that goes away is no error', async () => {
  const child = start(['act', 'flood']);
  const end = ended(child);
  child.stdout!.destroy();
  expect(await end).toMatchObject({ exit: 0, stderr: '' });
});
