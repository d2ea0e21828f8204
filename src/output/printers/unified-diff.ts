import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff';

/** `diff -u` of two texts of one name; undefined is a file that is not there. Empty where they are the same. */
export function unifiedDiff(name: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return '';
  const [from, to] = [before === undefined ? '/dev/null' : name, after === undefined ? '/dev/null' : name];
  return createTwoFilesPatch(from, to, before ?? '', after ?? '', undefined, undefined, {
    context: 3,
    headerOptions: FILE_HEADERS_ONLY,
  });
}
