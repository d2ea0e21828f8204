import type { RegistrySpec } from '../spec/sections.ts';
import { textTemplate } from './template.ts';
import { writtenBy } from './written-by.ts';

export const CERTS_DIR = '/etc/containerd/certs.d';
const DOCKER = 'registry-1.docker.io';

export const registryFolder = (host: string): string => `${CERTS_DIR}/${host}`;
export const hostsFile = (host: string): string => `${registryFolder(host)}/hosts.toml`;
export const caFile = (host: string): string => `${registryFolder(host)}/kubewright-ca.crt`;

/** `user:password` in base64, for each registry that has credentials. */
export type Tokens = ReadonlyMap<string, string>;

export interface RegistryFile {
  path: string;
  mode: number;
  content: string;
  secret: boolean;
}

/**
 * containerd's hosts.toml of one registry (docs/hosts.md there): its mirrors are asked first, for pulls only. What is
 * said of a registry, its authority and credentials, holds where it is asked as another's mirror too.
 */
export function registryFile(
  registry: RegistrySpec,
  all: readonly RegistrySpec[],
  tokens: Tokens,
): RegistryFile {
  const own = registry.host === '_default' ? undefined : registry;
  const server = own ? [`server = ${quote(`https://${serverOf(own.host)}`)}`] : [];
  const sections = [
    [...server, ...trust(registry, registry), ...header('header', own, tokens)],
    ...registry.mirrors.map(({ url, overridePath }) => {
      const known = all.find(({ host }) => host !== '_default' && serverOf(host) === URL.parse(url)?.host);
      const table = `host.${quote(url)}`;
      return [
        `[${table}]`,
        'capabilities = ["pull", "resolve"]',
        ...trust(known, registry),
        ...(overridePath ? ['override_path = true'] : []),
        ...header(`${table}.header`, known, tokens),
      ];
    }),
  ];
  const tables = sections.filter((lines) => lines.length > 0).map((lines) => `${lines.join('\n')}\n`);
  const content = textTemplate('registries/hosts.toml', {
    writtenBy: writtenBy(),
    tables: tables.join('\n'),
  });
  const secret = content.includes('Authorization');
  return { path: hostsFile(registry.host), mode: secret ? 0o600 : 0o644, content, secret };
}

/** The name that has to be asked for images of this registry. */
function serverOf(host: string): string {
  return host === 'docker.io' ? DOCKER : host;
}

/** A mirror that has no entry of its own is trusted as the registry that it stands for. */
function trust(own: RegistrySpec | undefined, fallback: RegistrySpec): string[] {
  const { host, ca, skipVerify } = own ?? fallback;
  return [...(ca ? [`ca = ${quote(caFile(host))}`] : []), ...(skipVerify ? ['skip_verify = true'] : [])];
}

/**
 * Sent with every request to the registry, and to the token server that it names. The CRI plugin's own credentials are
 * ignored where hosts.toml is used at all (containerd 2.3, internal/cri/config).
 */
function header(table: string, registry: RegistrySpec | undefined, tokens: Tokens): string[] {
  const token = registry && tokens.get(registry.host);
  return token ? [`[${table}]`, `Authorization = ${quote(`Basic ${token}`)}`] : [];
}

/** The credentials in a hosts.toml that we wrote, of this user, for the registry itself. */
export function tokenIn(content: string, username: string): string | undefined {
  const [own = ''] = content.split('\n[host.');
  const token = /^Authorization = "Basic ([A-Za-z0-9+/=]+)"$/m.exec(own)?.[1];
  const user = token && Buffer.from(token, 'base64').toString('utf8').split(':')[0];
  return user === username ? token : undefined;
}

/** JSON's strings are TOML's basic strings. */
function quote(text: string): string {
  return JSON.stringify(text);
}
