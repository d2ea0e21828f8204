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
  const realm = URL.parse(fields.realm);
  if (!realm || (realm.protocol !== 'https:' && registry.startsWith('https:')))
    throw refusal(registry, challenge);
  for (const name of ['service', 'scope']) {
    const value = fields[name];
    if (value) realm.searchParams.set(name, value);
  }
  const found = await http.document(realm.href);
  const token = found && tokenIn(found.bytes.toString('utf8'));
  if (token === undefined) throw refusal(registry, challenge);
  return token;
}

/** A page for people may stand there, too. */
function tokenIn(text: string): string | undefined {
  try {
    const answer = JSON.parse(text) as { token?: string; access_token?: string } | null;
    return answer?.token ?? answer?.access_token;
  } catch {
    return undefined;
  }
}

function refusal(registry: string, challenge: string): DownloadFailure {
  return new DownloadFailure({
    code: 'RegistryLogin',
    message: `${new URL(registry).host} wants a login, and kubewright has none`,
    hint: 'Name a registry or a mirror that can be read without one.',
    evidence: challenge.slice(0, 200),
  });
}
