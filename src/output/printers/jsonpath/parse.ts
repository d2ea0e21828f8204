import { Cursor } from './cursor.ts';
import { readSteps } from './steps.ts';
import { JsonPathError, type Part, type Step } from './syntax.ts';

/**
 * A JSONPath template as kubectl has it: text with `{…}` in between, `{range …}` up to `{end}`.
 * https://kubernetes.io/docs/reference/kubectl/jsonpath/. Throws JsonPathError.
 */
export function parseTemplate(text: string): Part[] {
  const cursor = new Cursor(text);
  const root: Part[] = [];
  const open: Part[][] = [root];
  while (!cursor.atEnd) {
    const plain = cursor.until('{');
    if (plain !== '') open.at(-1)!.push({ kind: 'text', text: plain });
    if (cursor.atEnd) break;
    cursor.skip(1);
    place(readAction(cursor), open);
  }
  return root;
}

interface Action {
  keyword?: 'range' | 'end';
  steps: Step[];
}

function readAction(cursor: Cursor): Action {
  cursor.skipSpaces();
  const keyword = cursor.word(/(range|end)(?=[ \t.,[\]$@{}])/y) as Action['keyword'] | undefined;
  const steps = readSteps(cursor);
  if (!cursor.startsWith('}')) throw new JsonPathError('unclosed action');
  cursor.skip(1);
  return { keyword, steps };
}

/** Puts the action into the innermost open range; `range` opens one and `end` closes it. */
function place({ keyword, steps }: Action, open: Part[][]): void {
  if (keyword === 'end') {
    if (open.length === 1) throw new JsonPathError('not in range, nothing to end');
    open.pop();
  } else if (keyword === 'range') {
    const body: Part[] = [];
    open.at(-1)!.push({ kind: 'range', steps, body });
    open.push(body);
  } else open.at(-1)!.push({ kind: 'action', steps });
}
