import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import { applyPlan, planAgain } from '../../cluster/plan/apply-plan.ts';
import { readPlan } from '../../cluster/plan/read.ts';
import type { CliContext } from '../context.ts';
import { type DeclaredFlags, shownApplied, shownPlan } from './apply.ts';
import { checkFormat, readDeclared } from './file.ts';

interface SavedPlan {
  path: string;
  cwd: string;
  /** Of this tool. */
  version: string;
  /** `server`: whether it can still be carried out, and what of it is left. */
  dryRun: 'none' | 'client' | 'server';
}

/** `apply --plan`: what a saved plan of a cluster says, or nothing. */
export async function applySaved(
  cli: CliContext,
  { path, cwd, version, dryRun }: SavedPlan,
  flags: Omit<DeclaredFlags, 'prune-hosts'>,
) {
  checkFormat(flags.output);
  if (dryRun === 'client') throw nothingToTell(path);
  const saved = readPlan(await readText(path, cwd), path, version);
  const { source, text, pruneHosts } = saved.declaration;
  const declared = readDeclared(cli, { source, text, named: true });
  const request = { ...declared, pruneHosts, waitMs: flags.waitMs };
  const again = `kubewright apply --plan ${path}`;
  const ports = await cli.clusterPorts(source);
  if (dryRun === 'server') return shownPlan(await planAgain(ports, saved, path, request), again);
  const done = await applyPlan(ports, saved, path, request);
  return shownApplied(cli, done, {
    ...flags,
    done: 'are as the plan says',
    wanted: 'as the plan says',
    again,
  });
}

function nothingToTell(path: string): KubewrightError {
  return new KubewrightError({
    code: 'Usage',
    message:
      '--plan and --dry-run=client do not go together: whether a plan still holds is known by its hosts alone.',
    hint: `kubewright apply --plan ${path} --dry-run=server asks them.`,
    exit: 'usage',
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
