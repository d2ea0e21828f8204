import { join } from 'node:path';
import type { Reporter } from '../output/events.ts';
import { BuildSource } from './build/source.ts';
import type { Cache } from './cache.ts';
import type { Catalog } from './catalog-types.ts';
import { DownloadSource } from './download/source.ts';
import { PackageSource } from './package/source.ts';
import { packageRoot } from './package-root.ts';
import type { Source } from './port.ts';
import { allParts } from './selection.ts';

/** Where artifacts come from that are not in the cache yet. */
export interface SourceChoice {
  /** `auto`: a download, and where upstream cannot be reached a build. */
  source: 'auto' | 'download' | 'build';
  /** Base URL of a mirror of upstream; empty: upstream itself. */
  mirror: string;
}

export interface SourcesOptions {
  choice: SourceChoice;
  catalogs: readonly Catalog[];
  cache: Cache;
  env: Record<string, string | undefined>;
  reporter: Reporter;
  signal?: AbortSignal;
}

/** The sources of a choice, in the order in which they are asked. */
export function sourcesOf(options: SourcesOptions): Source[] {
  const { choice, catalogs, cache, env, reporter, signal } = options;
  const root = packageRoot();
  const common = { catalog: allParts(catalogs), cache, env };
  const images = catalogs.flatMap((catalog) => catalog.images);
  const download = () =>
    new DownloadSource({
      ...common,
      catalog: { modules: common.catalog.modules, images },
      mirror: choice.mirror,
      reporter,
      ...(signal ? { signal } : {}),
    });
  const build = () => [
    new BuildSource({
      ...common,
      components: join(root, 'components'),
      templates: join(root, 'templates', 'images'),
    }),
    new PackageSource(common),
  ];
  if (choice.source === 'download') return [download()];
  return choice.source === 'build' ? build() : [download(), ...build()];
}
