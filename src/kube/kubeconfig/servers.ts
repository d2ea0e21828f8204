import type { ClusterEntry } from './model.ts';

/** Name of the extension with which kubewright lists every API server of the cluster: `{servers: [URL, …]}`. */
const SERVERS = 'kubewright.dev/servers';

export function serversExtension(
  servers: readonly string[],
): NonNullable<ClusterEntry['extensions']>[number] {
  return { name: SERVERS, extension: { servers } };
}

/** What the extension lists, as it stands there; undefined where the entry has none: it is not ours. */
export function listedServers({ extensions }: ClusterEntry): unknown[] | undefined {
  if (!Array.isArray(extensions)) return undefined;
  const found = extensions.find((each) => each?.name === SERVERS);
  if (!found) return undefined;
  const { servers } = (found.extension ?? {}) as { servers?: unknown };
  return Array.isArray(servers) ? servers : [];
}

/**
 * The API servers to choose from: the entry's own, then those that the extension lists. An entry that is no URL of the
 * same scheme is left out (credentials that go to https never go to http), and told.
 */
export function serversOf(
  entry: ClusterEntry,
  server: string,
  warn: (text: string) => void = () => undefined,
): string[] {
  const { protocol } = new URL(server);
  const listed = (listedServers(entry) ?? []).flatMap((each) => {
    const url = typeof each === 'string' ? each.replace(/\/+$/, '') : '';
    if (URL.canParse(url) && new URL(url).protocol === protocol) return [url];
    warn(
      `the kubeconfig lists an API server that cannot be used, which is left out: ${JSON.stringify(each)} (extension ${SERVERS})`,
    );
    return [];
  });
  return [...new Set([server, ...listed])];
}
