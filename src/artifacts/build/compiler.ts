import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubewrightError } from '../../base/errors.ts';
import { hostArch } from '../arch.ts';
import { run } from '../process.ts';

type Environment = Record<string, string | undefined>;

/** Something that building needs and this machine lacks. */
export interface Lack {
  code: 'CompilerMissing' | 'PkgConfigMissing' | 'LibseccompMissing';
  message: string;
  /** Debian's and Ubuntu's packages that bring it. */
  packages: string[];
}

const CROSS: Record<string, string> = { amd64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' };

/** The C compiler for `arch`: Go's own default for this machine's, the distribution's cross compiler otherwise. */
export function compiler(arch: string): string {
  return arch === hostArch() ? 'gcc' : `${CROSS[arch]}-gcc`;
}

/** Probes by effect: compiles, links statically, finds the library. Empty when all is there. */
export async function findLacks(
  needs: { compiler: boolean; libseccomp: boolean },
  arch: string,
  env: Environment,
): Promise<Lack[]> {
  if (!needs.compiler) return [];
  const cc = compiler(arch);
  if (!(await links(cc, 'int main(void){return 0;}', [], env))) return [noCompiler(cc, arch)];
  if (!needs.libseccomp) return [];
  const lacks: Lack[] = [];
  const asked = await run(['pkg-config', '--version'], { env });
  if (asked.exit !== 0) lacks.push(noPkgConfig);
  const source = '#include <seccomp.h>\nint main(void){return seccomp_api_get() == 0;}';
  if (!(await links(cc, source, ['-lseccomp'], env))) lacks.push(noLibseccomp(arch));
  return lacks;
}

export function refuse(lacks: readonly Lack[]): void {
  const [first] = lacks;
  if (!first) return;
  throw new KubewrightError({
    code: first.code,
    message: lacks.map((lack) => lack.message).join('; '),
    hint: `On Debian or Ubuntu: apt-get install -y ${lacks.flatMap((lack) => lack.packages).join(' ')}. It is needed for building from source alone.`,
    exit: 'prerequisite',
  });
}

/** Whether a static program comes out. */
async function links(cc: string, source: string, libraries: string[], env: Environment): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'kubewright-cc-'));
  try {
    const argv = [cc, '-static', '-x', 'c', '-', '-o', join(folder, 'probe'), ...libraries];
    return (await run(argv, { env, input: source })).exit === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function noCompiler(cc: string, arch: string): Lack {
  const native = arch === hostArch();
  return {
    code: 'CompilerMissing',
    message: native
      ? 'a C compiler (gcc with libc6-dev) is needed to build runc, flanneld and pause, and none works here'
      : `runc, flanneld and pause have C in them: building them for ${arch} on ${hostArch()} needs the cross compiler ${cc}`,
    packages: native ? ['gcc', 'libc6-dev'] : [`gcc-${(CROSS[arch] ?? arch).replace('_', '-')}`],
  };
}

const noPkgConfig: Lack = {
  code: 'PkgConfigMissing',
  message: 'pkg-config is needed to build runc, and it is not installed',
  packages: ['pkg-config'],
};

function noLibseccomp(arch: string): Lack {
  return {
    code: 'LibseccompMissing',
    message: `libseccomp with its headers and static library is needed to build runc for ${arch}, and it was not found`,
    packages: [arch === hostArch() ? 'libseccomp-dev' : `libseccomp-dev:${arch}`],
  };
}
