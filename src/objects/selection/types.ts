import { KubewrightError } from '../../base/errors.ts';
import type { ApiClient, ResourceType } from '../../kube/port.ts';
import { resolveType } from '../../kube/types.ts';

/** The types that a word names: one type, or all of a category (`all`), each once in the preferred version. */
export async function typesOf(client: ApiClient, word: string): Promise<ResourceType[]> {
  const category = inCategory(await client.discovery(), word.toLowerCase());
  return category.length > 0 ? category : [await typeOf(client, word)];
}

function inCategory(types: readonly ResourceType[], category: string): ResourceType[] {
  const members = types.filter((type) => type.categories.includes(category));
  const once = new Map<string, ResourceType>();
  for (const type of members.toSorted((a, b) => a.preference - b.preference)) {
    const key = `${type.resource}.${type.group}`;
    if (!once.has(key)) once.set(key, type);
  }
  return [...once.values()];
}

/** One type. Throws `UnknownType` (exit 1) in kubectl's words, with what may have been meant. */
export async function typeOf(client: ApiClient, word: string): Promise<ResourceType> {
  try {
    return await resolveType(client, word);
  } catch (error) {
    if (!(error instanceof KubewrightError) || error.code !== 'UnknownType') throw error;
    const { message, hint } = { message: unknown(word), hint: error.hint };
    throw new KubewrightError({ code: 'UnknownType', message, hint, exit: 'failure', cause: error });
  }
}

function unknown(word: string): string {
  const [name = '', ...group] = word.split('.');
  const where = group.length > 0 ? ` in group "${group.join('.')}"` : '';
  return `the server doesn't have a resource type "${name}"${where}`;
}
