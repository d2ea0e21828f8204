import { KubewrightError } from '../../base/errors.ts';
import type { Seen } from '../../engine/seen.ts';
import { change, done, type OperationDraft, type Step } from '../../engine/step.ts';
import type { Query } from '../../host/port.ts';
import type { NodeContext } from '../context.ts';
import {
  caFile,
  hostsFile,
  registryFile,
  registryFolder,
  type Tokens,
  tokenIn,
} from '../manifests/registries.ts';
import { textTemplate } from '../manifests/template.ts';
import { writtenBy } from '../manifests/written-by.ts';
import type { RegistrySpec } from '../spec/sections.ts';
import { describe, type FileSpec, isInPlace, writeOf } from './file.ts';
import { ownFileStep } from './own-file.ts';

function listOurs(): string[] {
  return ['sh', '-c', textTemplate('registries/ours.sh'), 'ours.sh', writtenBy().trimEnd()];
}

/** How containerd reaches registries. It reads these files at every pull: nothing has to be started anew. */
export function registrySteps(context: NodeContext): Step[] {
  const { registries } = context.spec;
  return [
    ...registries.flatMap((registry) => [caStep(registry), hostsStep(context, registry)]),
    goneStep(registries),
  ];
}

/** Before anything is changed: a password that is neither here nor on the host already. */
export function passwordsStep(context: NodeContext): Step {
  return {
    name: 'registry-passwords',
    look: tokenLook(context.spec.registries),
    check: async (seen) => {
      await tokensOf(context, seen);
      return done;
    },
  };
}

/** For a host whose journal is gone. */
export function forgetRegistries(): string[] {
  return ['sh', '-c', textTemplate('registries/forget.sh'), 'forget.sh', writtenBy().trimEnd()];
}

function caStep({ host, ca }: RegistrySpec): Step {
  const path = caFile(host);
  const file = ca && { path, mode: 0o644, content: `${writtenBy()}${ca.trimEnd()}\n` };
  return ownFileStep(`ca-${host}`, path, file || undefined);
}

function hostsStep(context: NodeContext, registry: RegistrySpec): Step {
  const { registries } = context.spec;
  const path = hostsFile(registry.host);
  return {
    name: `registry-${registry.host}`,
    look: [{ kind: 'file', path, hash: true }, ...tokenLook(registries)],
    check: async (seen) => {
      const file: FileSpec = registryFile(registry, registries, await tokensOf(context, seen));
      const found = seen.file(path, { hash: true });
      if (isInPlace(found, file)) return done;
      const write = writeOf(file, found);
      return change(describe(found, file), [write]);
    },
  };
}

/** Those that we wrote and that are not in the file any more. */
function goneStep(registries: readonly RegistrySpec[]): Step {
  const ours = listOurs();
  return {
    name: 'registries-gone',
    look: [{ kind: 'run', argv: ours }],
    check: (seen) => {
      const known = registries.map(({ host }) => host);
      const gone = seen
        .run(ours)
        .stdout.split('\n')
        .filter((host) => host && !known.includes(host));
      if (gone.length === 0) return done;
      const operations = gone.flatMap(removal);
      const summary = gone.map((host) => `remove ${hostsFile(host)}`);
      return {
        status: 'change',
        summary,
        change: { kind: 'operations', operations: () => operations },
        known: operations,
      };
    },
  };
}

function removal(host: string): OperationDraft[] {
  const folder = registryFolder(host);
  return [
    { kind: 'remove', path: hostsFile(host) },
    { kind: 'remove', path: caFile(host) },
    // A folder with something of another's in it stays.
    { kind: 'run', argv: ['sh', '-c', 'rmdir "$1" 2>/dev/null || true', 'rmdir', folder] },
  ];
}

function tokenLook(registries: readonly RegistrySpec[]): Query[] {
  return registries
    .filter(({ credentials }) => credentials)
    .map(({ host }) => ({ kind: 'file', path: hostsFile(host), content: true }));
}

/** The passwords that this machine has; where it has none, the one that is on the host stays. */
async function tokensOf({ spec, secret }: NodeContext, seen: Seen): Promise<Tokens> {
  const tokens = new Map<string, string>();
  for (const { host, credentials } of spec.registries) {
    if (!credentials) continue;
    const password = await secret(credentials);
    const content = seen.file(hostsFile(host), { content: true }).content?.toString('utf8');
    const token =
      password === undefined
        ? tokenIn(content ?? '', credentials.username)
        : Buffer.from(`${credentials.username}:${password}`).toString('base64');
    if (token === undefined) throw missing(host, credentials);
    tokens.set(host, token);
  }
  return tokens;
}

function missing(host: string, { passwordFile, passwordEnv }: NonNullable<RegistrySpec['credentials']>) {
  const where = passwordFile ? `the file ${passwordFile}` : `the environment variable ${passwordEnv}`;
  return new KubewrightError({
    code: 'RegistryPasswordMissing',
    message: `The password for the registry ${host} is not in ${where} of this machine, and not on the host either.`,
    hint: 'Put it there and run the command again; it is sent to the hosts alone and recorded nowhere.',
    exit: 'invalidInput',
  });
}
