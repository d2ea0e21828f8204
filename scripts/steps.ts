// What npm test and npm run demo need before they start, and running programs where their output can be seen.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { KubewrightError } from '../src/base/errors.ts';
import { readFailure } from '../src/cli/read-failure.ts';
import { renderFailure } from '../src/cli/render-error.ts';
import { BUILD_PACKAGES, ensurePackages, LAB_PACKAGES } from '../src/lab/packages.ts';
import { chooseReporter } from '../src/output/reporters/choose.ts';

/** Runs on this terminal; the exit code. Ctrl-C is the program's to hear: it ends its step and says how to go on. */
export async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<number> {
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...env } });
  return waitFor(child, 'exit');
}

/** Waits for a child through Ctrl-C, which reaches the whole process group. 130 after a signal. */
export async function waitFor(child: ChildProcess, event: 'exit' | 'close'): Promise<number> {
  const stay = () => undefined;
  process.on('SIGINT', stay);
  try {
    const [code] = (await once(child, event)) as [number | null];
    return code ?? 130;
  } finally {
    process.off('SIGINT', stay);
  }
}

export async function mustRun(title: string, command: string, args: readonly string[]): Promise<void> {
  console.error(`\n── ${title}`);
  const code = await run(command, args);
  if (code === 0) return;
  throw new KubewrightError({
    code: 'Prerequisite',
    message: `${title}: exit ${code}`,
    exit: 'prerequisite',
  });
}

export async function build(): Promise<void> {
  await mustRun('building dist/', process.execPath, ['scripts/build.ts']);
  await mustRun('writing oclif.manifest.json', process.execPath, ['scripts/manifest.ts']);
}

/** Packages of the operating system, then the components: minutes the first time, nothing later. */
export async function prepare(options: { peers: boolean; allVersions?: boolean }): Promise<void> {
  console.error('\n── packages of the operating system');
  const reporter = chooseReporter({
    format: '',
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
  });
  await ensurePackages([...LAB_PACKAGES, ...BUILD_PACKAGES], { reporter, purpose: 'labs and components' });
  reporter.close();
  const which = [...(options.peers ? ['--peers'] : []), ...(options.allVersions ? ['--all-versions'] : [])];
  await mustRun('components (built once, then cached)', process.execPath, [
    'scripts/components.ts',
    ...which,
  ]);
}

export function explain(error: unknown): string {
  const colour = process.stderr.isTTY === true && !process.env.NO_COLOR;
  return renderFailure(readFailure(error, []), { json: false, debug: true, colour });
}
