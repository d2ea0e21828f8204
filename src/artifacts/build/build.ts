import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import { hostArch } from '../arch.ts';
import type { Recipe } from '../cache.ts';
import type { CProgram, GoModule } from '../catalog-types.ts';
import { type Ran, run } from '../process.ts';
import { compiler } from './compiler.ts';
import { buildEnvironment, buildFlags, executableName } from './go.ts';
import type { BuildOptions } from './source.ts';

interface ModuleBuild {
  module: GoModule;
  made: { component: string; recipe: Recipe }[];
  /** The Go that builds, for the record. */
  go: string;
  arch: string;
  signal: AbortSignal | undefined;
}

/** One `go build` over all wanted main packages of a module: they share the work. */
export async function buildModule(options: BuildOptions, build: ModuleBuild): Promise<void> {
  const { module, arch } = build;
  const cc = module.cgo && arch !== hostArch() ? compiler(arch) : undefined;
  await options.cache.temporary(async (folder) => {
    const packages = build.made.map(({ component }) => module.binaries[component] ?? component);
    const ran = await run(['go', 'build', ...buildFlags(module), '-o', `${folder}/`, ...packages], {
      cwd: join(options.components, module.folder),
      env: buildEnvironment(options.env, module, arch, cc),
      ...(build.signal ? { signal: build.signal } : {}),
    });
    if (ran.exit !== 0) throw buildFailed(`${module.folder} ${module.version}`, ran);
    for (const { component, recipe } of build.made) {
      await options.cache.put(recipe, join(folder, executableName(module.binaries[component] ?? component)), {
        component,
        version: module.version,
        arch,
        source: 'build',
        made: { go: build.go, flags: buildFlags(module), package: module.binaries[component] },
      });
    }
  });
}

interface ProgramBuild {
  program: CProgram;
  recipe: Recipe;
  arch: string;
  signal: AbortSignal | undefined;
}

/** A static program from one file of C. */
export async function buildC(options: BuildOptions, build: ProgramBuild): Promise<void> {
  const { program, arch } = build;
  const cc = compiler(arch);
  await options.cache.temporary(async (folder) => {
    const out = join(folder, program.component);
    const source = join(options.templates, program.source);
    const warnings = ['-Wall', '-Wextra', '-Werror'];
    const define = `-DVERSION="${program.version}"`;
    const flags = ['-std=c11', '-Os', ...warnings, '-static', '-s', '-Wl,--build-id=none', define];
    const ran = await run([cc, ...flags, '-o', out, source], {
      env: options.env,
      ...(build.signal ? { signal: build.signal } : {}),
    });
    if (ran.exit !== 0) throw buildFailed(`${program.component} ${program.version}`, ran);
    const { component, version } = program;
    await options.cache.put(build.recipe, out, {
      component,
      version,
      arch,
      source: 'build',
      made: { cc, flags },
    });
  });
}

function buildFailed(what: string, ran: Ran): KubewrightError {
  const full = /no space left on device/i.test(ran.stderr);
  const network = /dial tcp|proxy|connection refused|i\/o timeout|TLS handshake|no such host/i.test(
    ran.stderr,
  );
  return new KubewrightError({
    code: full ? 'DiskFull' : 'BuildFailed',
    message: `${what} could not be built${full ? ': this machine has no space left' : ''}`,
    hint: full
      ? 'Make room (Go keeps about 6 GB in its own caches: see "go env GOCACHE GOMODCACHE") and run the same command again.'
      : network
        ? 'Go could not fetch its modules: check the network and "go env GOPROXY", then run the same command again; what is built already is kept.'
        : 'Run the same command again; what is built already is kept.',
    evidence: ran.stderr.split('\n').slice(-20).join('\n'),
    exit: full ? 'diskFull' : 'artifact',
  });
}
