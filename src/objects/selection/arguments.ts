import { usageFault } from '../failures.ts';

/** What the words after a verb name: types, types with names, or `TYPE/NAME` pairs. */
export interface Named {
  types: string[];
  names: string[];
  pairs: { type: string; name: string }[];
}

/** kubectl's rules: `TYPE`, `TYPE1,TYPE2`, `TYPE NAME…`, `TYPE/NAME…`. Throws with its words. */
export function readArguments(words: readonly string[], verb: string): Named {
  const [first = '', ...names] = words;
  const types = first.split(',').filter((type) => type !== '');
  if (types.length > 1 && names.length > 0 && !first.includes('/'))
    return { types: [], names: [], pairs: types.flatMap((type) => names.map((name) => ({ type, name }))) };
  if (words.some((word) => word.includes('/'))) return { types: [], names: [], pairs: pairs(words, verb) };
  return { types, names, pairs: [] };
}

function pairs(words: readonly string[], verb: string): Named['pairs'] {
  if (words.some((word) => !word.includes('/')))
    throw usageFault(
      `there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubewright ${verb} resource/<resource_name>' instead of 'kubewright ${verb} resource resource/<resource_name>'`,
    );
  return words.map((word) => {
    const [type, name, ...more] = word.split('/');
    if (more.length > 0) throw usageFault('arguments in resource/name form may not have more than one slash');
    if (!type || !name || type.includes(','))
      throw usageFault('arguments in resource/name form must have a single resource and name');
    return { type, name };
  });
}
