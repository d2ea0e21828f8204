import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { Cache } from '../../../../src/artifacts/cache.ts';
import { catalogs } from '../../../../src/artifacts/catalog.ts';
import { DownloadSource } from '../../../../src/artifacts/download/source.ts';
import type { Source } from '../../../../src/artifacts/port.ts';
import { allParts } from '../../../../src/artifacts/selection.ts';
import { openStore, type Store } from '../../../../src/artifacts/store.ts';
import { cacheDir } from '../../../../src/base/dirs.ts';
import type { Event } from '../../../../src/output/events.ts';
import { type Mirror, startMirror } from '../../../fakes/mirror/mirror.ts';
import { temporaryFolder } from '../support.ts';

export interface World {
  mirror: Mirror;
  env: Record<string, string | undefined>;
  /** The lock file of this world. */
  lock: string;
  events: Event[];
  source(more?: Partial<ConstructorParameters<typeof DownloadSource>[0]>): Source;
  /** A store that downloads from the mirror. */
  store(more?: { env?: Record<string, string>; mirror?: string; signal?: AbortSignal }): Store;
  cache: Cache;
}

/** A machine of its own whose upstream is a mirror on loopback. Nothing is waited for between tries. */
export async function world(options: { plain?: boolean } = {}): Promise<World> {
  const folder = temporaryFolder();
  const mirror = await startMirror(options);
  onTestFinished(() => mirror[Symbol.asyncDispose]());
  const lock = join(folder, 'artifacts.lock.json');
  const env = {
    PATH: process.env.PATH,
    XDG_CACHE_HOME: join(folder, 'cache'),
    KUBEWRIGHT_ARTIFACTS_LOCK: lock,
    SSL_CERT_FILE: mirror.ca,
  };
  const cache = new Cache(join(cacheDir(env), 'artifacts'));
  const events: Event[] = [];
  const reporter = { emit: (event: Event) => events.push(event) };
  const images = catalogs.flatMap((catalog) => catalog.images);
  const source: World['source'] = (more = {}) =>
    new DownloadSource({
      catalog: { modules: allParts(catalogs).modules, images },
      cache,
      env,
      reporter,
      mirror: mirror.url,
      retryMs: 1,
      ...more,
    });
  const store: World['store'] = ({ env: changes = {}, signal, ...more } = {}) => {
    const changed = { ...env, ...changes };
    const sources = [source({ env: changed, ...more, ...(signal ? { signal } : {}) })];
    return openStore({ env: changed, reporter, sources, ...(signal ? { signal } : {}) });
  };
  return { mirror, env, lock, events, source, store, cache };
}

export const KUBELET = '/dl.k8s.io/v1.37.2/bin/linux/amd64/kubelet';
