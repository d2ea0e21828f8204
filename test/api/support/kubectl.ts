import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import Apply from '../../../commands/apply.ts';
import Delete from '../../../commands/delete.ts';
import Exec from '../../../commands/exec.ts';
import Get from '../../../commands/get.ts';
import Logs from '../../../commands/logs.ts';
import Version from '../../../commands/version.ts';
import Wait from '../../../commands/wait.ts';
import { type CommandRun, runCommand } from '../../fakes/cli.ts';
import { plane } from './plane.ts';

const COMMANDS = {
  apply: Apply,
  delete: Delete,
  exec: Exec,
  get: Get,
  logs: Logs,
  version: Version,
  wait: Wait,
};
const cache = mkdtempSync(join(tmpdir(), 'kubewright-cache-'));
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));

/** `kubewright VERB …` as the administrator of the shared control plane. */
export function kubewright(args: string[], stdin?: string): Promise<CommandRun> {
  const [verb = '', ...words] = args;
  const command = COMMANDS[verb as keyof typeof COMMANDS];
  const env = { KUBECONFIG: plane().kubeconfig, XDG_CACHE_HOME: cache };
  return runCommand(command, words, { env, stdin });
}

/** The same words given to kubectl 1.37. */
export function kubectl(args: string[], stdin?: string) {
  const { kubectl: path, kubeconfig } = plane();
  const run = spawnSync(path!, ['--kubeconfig', kubeconfig, ...args], { encoding: 'utf8', input: stdin });
  return { stdout: run.stdout, stderr: run.stderr, exit: run.status ?? -1 };
}

/** Both give the same stdout, byte for byte but for ages, and the same exit code. */
export async function expectSame(args: string[]): Promise<void> {
  const theirs = kubectl(args);
  const ours = await kubewright(args);
  expect({ args, exit: ours.exit, stdout: aged(ours.stdout) }).toEqual({
    args,
    exit: theirs.exit,
    stdout: aged(theirs.stdout),
  });
}

/** A second may pass between the two, and 9s is shorter than 10s; widths of columns stay as they are. */
const aged = (text: string): string =>
  text.replaceAll(/(?<=\s)(?:\d+[smhd]){1,2}(?=\s|$)( *)/gm, (age, padding: string) =>
    padding === '' ? 'A' : 'A'.padEnd(age.length),
  );
