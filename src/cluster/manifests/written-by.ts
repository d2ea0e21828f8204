import { textTemplate } from './template.ts';

/** The first line of files that we may take away again. */
export function writtenBy(): string {
  return textTemplate('config/written-by.txt');
}
