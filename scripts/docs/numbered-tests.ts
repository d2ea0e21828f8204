import { globSync, readFileSync } from 'node:fs';

export interface NamedTest {
  file: string;
  name: string;
  numbers: string[];
}

/** The tests with a fault's number in their name, or in that of what they are described by. */
export function numberedTests(root = '.'): NamedTest[] {
  const files = globSync('test/**/*.ts', { cwd: root }).sort();
  return files.flatMap((file) => {
    const source = readFileSync(`${root}/${file}`, 'utf8');
    const found = source.matchAll(/(['"`])((?:B\d\d(?:, )?)+): ((?:(?!\1)[^\\\n]|\\.)*)\1/g);
    return [...found].map(([, , numbers = '', name = '']) => ({
      file,
      name: name.replaceAll(/\\(.)/g, '$1'),
      numbers: numbers.split(', '),
    }));
  });
}
