import { readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import { readDocuments } from '../yaml.ts';
import { kubeconfigError } from './failures.ts';
import type { ClusterEntry, ContextEntry, Kubeconfig, Named, UserEntry } from './model.ts';

type Environment = Record<string, string | undefined>;

/** The files that count: the one that was named, else those of KUBECONFIG, else ~/.kube/config. */
export function kubeconfigFiles(explicit: string | undefined, env: Environment): string[] {
  if (explicit) return [resolve(explicit)];
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (listed.length > 0) return [...new Set(listed.map((file) => resolve(file)))];
  return [join(env.HOME || homedir(), '.kube', 'config')];
}

/**
 * Reads and merges kubeconfig files as client-go's clientcmd does: gaps in KUBECONFIG are skipped, a file that
 * was named has to be there. undefined where there is none at all.
 */
export async function readKubeconfig(options: {
  kubeconfig?: string;
  env: Environment;
  warn?: (text: string) => void;
}): Promise<Kubeconfig | undefined> {
  const files = kubeconfigFiles(options.kubeconfig, options.env);
  const texts = await Promise.all(files.map((file) => readText(file)));
  const there = files.flatMap((file, index) => {
    const text = texts[index];
    return text === undefined ? [] : [{ file, text }];
  });
  if (there.length === 0) {
    if (!options.kubeconfig) return undefined;
    throw kubeconfigError('KubeconfigMissing', `the kubeconfig ${files[0]} does not exist`);
  }
  if (options.warn) for (const { file } of there) await warnOfMode(file, options.warn);
  return merge(there.map(({ file, text }) => parse(file, text, there.length === 1)));
}

async function readText(file: string): Promise<Buffer | undefined> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    const why = code === 'EISDIR' ? 'it is a folder' : code === 'EACCES' ? 'permission denied' : code;
    throw kubeconfigError('KubeconfigUnreadable', `the kubeconfig ${file} cannot be read: ${why}`, { cause });
  }
}

async function warnOfMode(file: string, warn: (text: string) => void): Promise<void> {
  const { mode } = await stat(file);
  if ((mode & 0o077) !== 0)
    warn(`${file} can be read by others (mode ${(mode & 0o777).toString(8)}): chmod 600 ${file}`);
}

type Plain = Record<string, unknown>;

function parse(file: string, text: Buffer, alone: boolean): Kubeconfig {
  const value = document(file, text, alone);
  const config: Kubeconfig = {
    files: [file],
    clusters: entries<ClusterEntry>(value, file, 'clusters', 'cluster'),
    users: entries<UserEntry>(value, file, 'users', 'user'),
    contexts: entries<ContextEntry>(value, file, 'contexts', 'context'),
    currentContext: typeof value['current-context'] === 'string' ? value['current-context'] : '',
  };
  return config;
}

function document(file: string, text: Buffer, alone: boolean): Plain {
  let documents: ReturnType<typeof readDocuments>;
  try {
    documents = readDocuments(text, file);
  } catch (cause) {
    if (!(cause instanceof KubewrightError)) throw cause;
    throw kubeconfigError('KubeconfigInvalid', `the kubeconfig is not valid: ${cause.message}`, {
      evidence: cause.evidence,
      hint: cause.hint,
      cause,
    });
  }
  const value = documents[0]?.value;
  if (value === undefined) {
    if (!alone) return {};
    throw kubeconfigError('KubeconfigEmpty', `the kubeconfig ${file} is empty`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw kubeconfigError('KubeconfigInvalid', `${file} is not a kubeconfig: a map is expected`);
  return value as Plain;
}

function entries<T>(value: Plain, file: string, list: string, key: string): Map<string, Named<T>> {
  const found = new Map<string, Named<T>>();
  const items = value[list] ?? [];
  const wrong = (at: string) =>
    kubeconfigError('KubeconfigInvalid', `${file}: ${at} is not as in a kubeconfig`);
  if (!Array.isArray(items)) throw wrong(list);
  items.forEach((item: Plain | null, index) => {
    const name = item?.name;
    if (typeof name !== 'string' && typeof name !== 'number') throw wrong(`${list}[${index}].name`);
    const inner = item?.[key] ?? {};
    if (typeof inner !== 'object' || Array.isArray(inner)) throw wrong(`${list}[${index}].${key}`);
    for (const field of ['token', 'server', 'namespace', 'cluster', 'user', 'username', 'password'])
      if (field in inner && inner[field as never] !== null && typeof inner[field as never] !== 'string')
        throw wrong(`${list}[${index}].${key}.${field} (text is expected: put it in quotes)`);
    found.set(String(name), { name: String(name), file, value: inner as T });
  });
  return found;
}

function merge(configs: Kubeconfig[]): Kubeconfig {
  const keepFirst = <T>(maps: Map<string, T>[]) => new Map(maps.toReversed().flatMap((map) => [...map]));
  return {
    files: configs.flatMap((config) => config.files),
    clusters: keepFirst(configs.map((config) => config.clusters)),
    users: keepFirst(configs.map((config) => config.users)),
    contexts: keepFirst(configs.map((config) => config.contexts)),
    currentContext: configs.find((config) => config.currentContext !== '')?.currentContext ?? '',
  };
}
