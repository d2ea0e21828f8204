import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { KubewrightError } from '../../base/errors.ts';
import { hostArch } from '../arch.ts';
import type { Recipe } from '../cache.ts';
import type { DistributionPackage } from '../catalog-types.ts';
import { completeTree, measure, tarStream } from '../image/tar.ts';
import { type Ran, run } from '../process.ts';
import { readTree } from './layer.ts';
import type { PackageOptions } from './source.ts';

interface LayerBuild {
  wanted: DistributionPackage;
  recipe: Recipe;
  arch: string;
  signal: AbortSignal | undefined;
}

interface Package {
  name: string;
  version: string;
  sha256: string;
}

export async function requireApt(packages: string[], env: Record<string, string | undefined>): Promise<void> {
  const asked = await Promise.all(
    ['apt-get', 'apt-cache', 'dpkg-deb'].map((command) => run([command, '--version'], { env })),
  );
  if (asked.every((ran) => ran.exit === 0)) return;
  throw new KubewrightError({
    code: 'AptMissing',
    message: `the images of kube-proxy and Flannel need ${packages.join(', ')} from Debian or Ubuntu packages, and there is no apt here`,
    hint: 'Run kubewright on Debian or Ubuntu once, or bring a filled cache from such a machine.',
    exit: 'prerequisite',
  });
}

/** Fetches the package with all that it depends on, and keeps the programs and libraries as a deterministic tar. */
export async function packageLayer(options: PackageOptions, build: LayerBuild): Promise<void> {
  const { wanted, arch } = build;
  await options.cache.temporary(async (folder) => {
    const apt: Apt = (argv) =>
      run(argv, {
        env: { ...options.env, LC_ALL: 'C' },
        cwd: folder,
        ...(build.signal ? { signal: build.signal } : {}),
      });
    const root = join(folder, 'root');
    const packages = await fetch(apt, folder, wanted.package, arch);
    await mkdir(root);
    const details: Package[] = [];
    for (const file of packages) {
      details.push(await describe(apt, join(folder, file)));
      checked(await apt(['dpkg-deb', '-x', join(folder, file), root]), `${file} could not be unpacked`);
    }
    const tree = completeTree(await readTree(root, wanted.programs));
    const tar = join(folder, 'layer.tar');
    await pipeline(tarStream(tree), createWriteStream(tar));
    const version = details.find(({ name }) => name === wanted.package)?.version ?? 'unknown';
    const { component } = wanted;
    await options.cache.put(build.recipe, tar, {
      component,
      version,
      arch,
      source: 'package',
      made: { packages: details },
    });
  });
}

type Apt = (argv: string[]) => Promise<Ran>;

const ONLY_DEPENDS = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
  (kind) => `--no-${kind}`,
);

/** The names of the downloaded files, sorted. apt refuses what its signed lists do not vouch for. */
async function fetch(apt: Apt, folder: string, name: string, arch: string): Promise<string[]> {
  const wanted = arch === hostArch() ? name : `${name}:${arch}`;
  const asked = checked(
    await apt(['apt-cache', 'depends', '--recurse', ...ONLY_DEPENDS, wanted]),
    `apt does not know ${wanted}`,
    arch === hostArch()
      ? 'Bring its lists up to date (apt-get update) and run the same command again.'
      : `Run: dpkg --add-architecture ${arch} && apt-get update; then the same command again.`,
  );
  // Names stand at the start of a line; what a dependency is stands indented, virtual packages in angle brackets.
  const names = asked.stdout.split('\n').filter((line) => /^[a-z0-9]/.test(line));
  checked(
    await apt(['apt-get', 'download', '-o', 'APT::Get::AllowUnauthenticated=false', ...new Set(names)]),
    `apt could not fetch ${wanted} and what it depends on`,
    'Bring its lists up to date (apt-get update) and run the same command again.',
  );
  return (await readdir(folder)).filter((file) => file.endsWith('.deb')).sort();
}

async function describe(apt: Apt, file: string): Promise<Package> {
  const asked = checked(
    await apt(['dpkg-deb', '-W', '--showformat=${Package}\\n${Version}', file]),
    `${file} is no Debian package`,
  );
  const [name = '', version = ''] = asked.stdout.split('\n');
  return { name, version, sha256: (await measure(createReadStream(file))).sha256 };
}

function checked(ran: Ran, message: string, hint = 'Run the same command again.'): Ran {
  if (ran.exit === 0) return ran;
  throw new KubewrightError({
    code: 'PackageUnavailable',
    message,
    hint,
    evidence: ran.stderr.split('\n').slice(-10).join('\n'),
    exit: 'artifact',
  });
}
