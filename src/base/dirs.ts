import { homedir } from 'node:os';
import { join } from 'node:path';

type Environment = Record<string, string | undefined>;

/** Artifacts, discovery and other things that may be thrown away (XDG Base Directory Specification). */
export function cacheDir(env: Environment): string {
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'kubewright');
}

/** Labs and their keys: lost only with what they describe. */
export function stateDir(env: Environment): string {
  return join(env.XDG_STATE_HOME || join(env.HOME || homedir(), '.local', 'state'), 'kubewright');
}
