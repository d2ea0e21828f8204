import type { ApiClient } from '../kube/port.ts';
import { toYaml } from '../kube/yaml.ts';
import { usageFault } from './failures.ts';

/** k8s.io/apimachinery/pkg/version.Info, as `/version` answers. */
export interface VersionInfo {
  major?: string;
  minor?: string;
  gitVersion: string;
  [field: string]: unknown;
}

export interface Versions {
  clientVersion: VersionInfo;
  serverVersion?: VersionInfo;
}

export async function serverVersion(client: ApiClient): Promise<VersionInfo> {
  return (await client.request<VersionInfo>({ path: '/version' })).body;
}

/** What `version` prints: kubectl's text, or JSON and YAML with its keys. */
export function renderVersions(versions: Versions, output: string | undefined): string {
  if (output === 'json') return `${JSON.stringify(versions, null, 2)}\n`;
  if (output === 'yaml') return toYaml(versions);
  if (output) throw usageFault(`--output must be 'yaml' or 'json'`);
  const { clientVersion, serverVersion: server } = versions;
  const lines = [`Client Version: ${clientVersion.gitVersion}`];
  if (server) lines.push(`Server Version: ${server.gitVersion}`);
  return `${lines.join('\n')}\n`;
}
