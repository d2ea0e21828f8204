import { DownloadFailure } from './failures.ts';
import type { Http } from './http.ts';

/**
 * The bearer token that a registry asks for (distribution spec, token authentication): anonymous, for pulling. Told
 * by `WWW-Authenticate: Bearer realm="…",service="…",scope="…"`.
 */
export async function anonymousToken(http: Http, registry: string, challenge: string): Promise<string> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name!.toLowerCase(), value!]),
  );
  if (!/^bearer /i.test(challenge) || !fields.realm) throw refusal(registry, challenge);
  const realm = new URL(fields.realm);
  if (realm.protocol !== 'https:' && registry.startsWith('https:')) throw refusal(registry, challenge);
  for (const name of ['service', 'scope']) {
    const value = fields[name];
    if (value) realm.searchParams.set(name, value);
  }
  const found = await http.document(realm.href);
  const answer = found
    ? (JSON.parse(found.bytes.toString('utf8')) as { token?: string; access_token?: string })
    : {};
  return answer.token ?? answer.access_token ?? refuse(registry, challenge);
}

function refuse(registry: string, challenge: string): never {
  throw refusal(registry, challenge);
}

function refusal(registry: string, challenge: string): DownloadFailure {
  return new DownloadFailure({
    code: 'RegistryLogin',
    message: `${new URL(registry).host} wants a login, and kubewright has none`,
    hint: 'Name a registry or a mirror that can be read without one.',
    evidence: challenge.slice(0, 200),
  });
}
