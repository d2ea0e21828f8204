import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hostArch } from '../arch.ts';
import { type Cache, type Recipe, recipe } from '../cache.ts';
import type { Catalog, CProgram, GoModule } from '../catalog-types.ts';
import type { Artifact, ArtifactRequest, Source, Work } from '../port.ts';
import { buildC, buildModule } from './build.ts';
import { findLacks, refuse } from './compiler.ts';
import { buildFlags, newest, type Pin, readPin, requireGo } from './go.ts';

export interface BuildOptions {
  catalog: Pick<Catalog, 'modules' | 'programs'>;
  cache: Cache;
  env: Record<string, string | undefined>;
  /** Folders of components/ and of templates/images. */
  components: string;
  templates: string;
}

type Made = { component: string; recipe: Recipe };

/** Builds with this machine's Go from the modules that components/ pins, and the C programs beside them. */
export class BuildSource implements Source {
  readonly name = 'build';
  readonly #options: BuildOptions;
  readonly #pins = new Map<string, Promise<Pin>>();

  constructor(options: BuildOptions) {
    this.#options = options;
  }

  async find(request: ArtifactRequest): Promise<Artifact | undefined> {
    const key = await this.#recipe(request);
    return key && this.#options.cache.find(key);
  }

  async work(requests: readonly ArtifactRequest[]): Promise<Work[]> {
    const { catalog } = this.#options;
    const arch = requests[0]?.arch ?? hostArch();
    const modules = catalog.modules.flatMap((module) => {
      const wanted = requests.filter((request) => has(module, request));
      return wanted.length > 0 ? [{ module, wanted }] : [];
    });
    const programs = catalog.programs.flatMap((program) => {
      const wanted = requests.find((request) => isProgram(program, request));
      return wanted ? [{ program, wanted }] : [];
    });
    const go = modules.length > 0 ? await this.#requireGo(modules.map(({ module }) => module)) : '';
    const cgo = modules.flatMap(({ module }) => module.cgo ?? []);
    const needs = {
      compiler: programs.length > 0 || modules.some(({ module }) => module.cgo),
      libseccomp: cgo.includes('libseccomp'),
    };
    refuse(await findLacks(needs, arch, this.#options.env));
    return [
      ...programs.map(({ program, wanted }) => this.#programWork(program, wanted)),
      ...modules.map(({ module, wanted }) => this.#moduleWork(module, wanted, go)),
    ];
  }

  #moduleWork(module: GoModule, wanted: ArtifactRequest[], go: string): Work {
    return {
      label: `${module.folder} ${module.version}`,
      components: wanted.map((request) => request.component),
      seconds: module.seconds,
      run: async (signal) => {
        const made = await Promise.all(wanted.map((request) => this.#made(request)));
        await buildModule(this.#options, { module, made, go, arch: wanted[0]?.arch ?? hostArch(), signal });
      },
    };
  }

  #programWork(program: CProgram, request: ArtifactRequest): Work {
    return {
      label: `${program.component} ${program.version}`,
      components: [program.component],
      seconds: program.seconds,
      run: async (signal) => {
        const { recipe } = await this.#made(request);
        await buildC(this.#options, { program, recipe, arch: request.arch, signal });
      },
    };
  }

  /** The newest Go that any of them needs, asked for in that one's folder. */
  async #requireGo(modules: readonly GoModule[]): Promise<string> {
    const pins = await Promise.all(
      modules.map(async ({ folder }) => ({ folder, go: (await this.#pin(folder)).go })),
    );
    const needed = newest(pins.map((pin) => pin.go));
    const folder = pins.find((pin) => pin.go === needed)?.folder ?? '';
    return requireGo(join(this.#options.components, folder), needed, this.#options.env);
  }

  async #made(request: ArtifactRequest): Promise<Made> {
    const key = await this.#recipe(request);
    if (!key) throw new Error(`${request.component} ${request.version} is not in the catalog`);
    return { component: request.component, recipe: key };
  }

  /**
   * The Go version in it is the one that go.mod demands, not the one that is installed: a filled cache is used
   * where there is no Go, and a newer Go does not build everything again.
   */
  async #recipe(request: ArtifactRequest): Promise<Recipe | undefined> {
    const { component, version, arch } = request;
    const module = this.#options.catalog.modules.find((candidate) => has(candidate, request));
    if (module) {
      const pin = await this.#pin(module.folder);
      const main = module.binaries[component];
      const cgo = module.cgo ?? false;
      return recipe(component, [
        1,
        component,
        version,
        arch,
        main,
        pin.go,
        pin.sha256,
        cgo,
        buildFlags(module),
      ]);
    }
    const program = this.#options.catalog.programs.find((candidate) => isProgram(candidate, request));
    if (!program) return undefined;
    const source = await readFile(join(this.#options.templates, program.source));
    return recipe(component, [1, version, arch, createHash('sha256').update(source).digest('hex')]);
  }

  #pin(folder: string): Promise<Pin> {
    const pin = this.#pins.get(folder) ?? readPin(join(this.#options.components, folder));
    this.#pins.set(folder, pin);
    return pin;
  }
}

function has(module: GoModule, request: ArtifactRequest): boolean {
  return Object.hasOwn(module.binaries, request.component) && module.version === request.version;
}

function isProgram(program: CProgram, request: ArtifactRequest): boolean {
  return program.component === request.component && program.version === request.version;
}
