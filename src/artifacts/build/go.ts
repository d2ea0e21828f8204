import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { coerce, compare } from 'semver';
import { KubewrightError } from '../../base/errors.ts';
import type { GoModule } from '../catalog-types.ts';
import { run } from '../process.ts';

type Environment = Record<string, string | undefined>;

/** What go.mod and go.sum say, and a digest over both. */
export interface Pin {
  /** The oldest Go that the module takes, `1.26.8`. */
  go: string;
  sha256: string;
}

export async function readPin(folder: string): Promise<Pin> {
  const [mod, sum] = await Promise.all([readFile(join(folder, 'go.mod')), readFile(join(folder, 'go.sum'))]);
  const go = /^go (\S+)$/m.exec(mod.toString())?.[1];
  if (!go) throw new Error(`${folder}/go.mod names no Go version`);
  return { go, sha256: createHash('sha256').update(mod).update('\0').update(sum).digest('hex') };
}

/** The arguments of `go build` that decide what comes out, without output and packages. */
export function buildFlags(module: GoModule): string[] {
  return [
    '-trimpath',
    '-buildvcs=false',
    ...(module.tags ? ['-tags', module.tags.join(' ')] : []),
    '-ldflags',
    ['-s -w', ...(module.ldflags ?? [])].join(' '),
  ];
}

/** The user's environment (proxies, module proxy, caches) with everything that changes what comes out set. */
export function buildEnvironment(env: Environment, module: GoModule, arch: string, cc?: string): Environment {
  return {
    ...env,
    GO111MODULE: 'on',
    GOFLAGS: '-mod=readonly',
    GOWORK: 'off',
    GOOS: 'linux',
    GOARCH: arch,
    GOAMD64: 'v1',
    GOARM64: 'v8.0',
    GOEXPERIMENT: undefined,
    CGO_ENABLED: module.cgo ? '1' : '0',
    CGO_CFLAGS: undefined,
    CGO_LDFLAGS: undefined,
    ...(cc ? { CC: cc } : {}),
  };
}

/**
 * The Go that would build in `folder` (a `go` with GOTOOLCHAIN=auto may bring a newer one by itself), or
 * `GoMissing` with the version that it has to have at least: `needed`.
 */
export async function requireGo(folder: string, needed: string, env: Environment): Promise<string> {
  const asked = await run(['go', 'env', 'GOVERSION'], {
    cwd: folder,
    env: { ...env, GOFLAGS: '', GOWORK: 'off' },
  });
  const version = asked.stdout.trim().replace(/^go/, '');
  const found = coerce(version);
  if (asked.exit === 0 && found && compare(found, coerce(needed) ?? needed) >= 0) return version;
  const what =
    asked.exit === 127 ? 'is not installed (or not in PATH)' : `is too old: ${version || 'unknown'}`;
  throw new KubewrightError({
    code: 'GoMissing',
    message: `Go ${needed} or newer is needed to build the components here, and it ${what}`,
    hint: `Install Go ${needed} or newer (https://go.dev/dl) and put it into PATH. It is needed for building from source alone: once built, or on a machine whose cache is filled, no Go is used.`,
    ...(asked.stderr ? { evidence: asked.stderr } : {}),
    exit: 'prerequisite',
  });
}

/** The higher of Go versions such as `1.26.0` and `1.26.8`. */
export function newest(versions: readonly string[]): string {
  return versions.reduce((a, b) => (compare(coerce(b) ?? b, coerce(a) ?? a) > 0 ? b : a));
}

/** The name that `go build -o FOLDER/` gives a main package: its last element that is no major version. */
export function executableName(mainPackage: string): string {
  const elements = mainPackage.split('/');
  const last = elements.at(-1) ?? '';
  return /^v\d+$/.test(last) ? (elements.at(-2) ?? last) : last;
}
