import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import { applyPlan } from '../../cluster/plan/apply-plan.ts';
import { readPlan } from '../../cluster/plan/read.ts';
import type { CliContext } from '../context.ts';
import { type DeclaredFlags, shownApplied } from './apply.ts';
import { checkFormat, readDeclared } from './file.ts';

interface SavedPlan {
  path: string;
  cwd: string;
  /** Of this tool. */
  version: string;
}

/** `apply --plan`: what a saved plan of a cluster says, or nothing. */
export async function applySaved(
  cli: CliContext,
  { path, cwd, version }: SavedPlan,
  flags: Omit<DeclaredFlags, 'prune-hosts'>,
) {
  checkFormat(flags.output);
  const saved = readPlan(await readText(path, cwd), path, version);
  const { source, text, pruneHosts } = saved.declaration;
  const declared = readDeclared(cli, { source, text, named: true });
  const { waitMs } = flags;
  const done = await applyPlan(await cli.clusterPorts(source), saved, path, {
    ...declared,
    pruneHosts,
    waitMs,
  });
  const again = `kubewright apply --plan ${path}`;
  return shownApplied(cli, done, {
    ...flags,
    done: 'are as the plan says',
    wanted: 'as the plan says',
    again,
  });
}

async function readText(path: string, cwd: string): Promise<string> {
  try {
    return await readFile(resolve(cwd, path), 'utf8');
  } catch (cause) {
    throw new KubewrightError({
      code: 'PlanUnreadable',
      message: `The plan ${path} cannot be read: ${(cause as Error).message}.`,
      hint: 'kubewright plan -f cluster.yaml --out FILE makes one.',
      exit: 'invalidInput',
      cause,
    });
  }
}
