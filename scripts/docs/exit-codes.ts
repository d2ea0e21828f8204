import { readFileSync } from 'node:fs';
import { EXIT } from '../../src/base/exit-codes.ts';

/** The comment before each entry of the table is its meaning; what has none is told here. */
function meanings(): Map<string, string> {
  const source = readFileSync('src/base/exit-codes.ts', 'utf8');
  const found = new Map([
    ['ok', 'Done, or nothing to do.'],
    ['hostUnreachable', 'The host does not answer.'],
  ]);
  for (const [, comment, name] of source.matchAll(/\/\*\* ([^*]+) \*\/\n {2}(\w+): \d+,/g)) {
    found.set(name ?? '', comment ?? '');
  }
  return found;
}

export function exitCodesPage(): string {
  const told = meanings();
  const rows = Object.entries(EXIT).map(([name, code]) => {
    const meaning = told.get(name);
    if (!meaning) throw new Error(`${name} in src/base/exit-codes.ts has no comment that says what it means`);
    return `| ${code} | \`${name}\` | ${meaning} |`;
  });
  return [
    '# Exit codes',
    '',
    '<!-- Generated from src/base/exit-codes.ts by scripts/docs.ts; do not edit. -->',
    '',
    'They are part of the contract and are never renumbered. `kubewright exec` passes on the exit code of the',
    'command that it ran. With `-o json`, the error is a JSON object on stderr whose `exit` is this number.',
    '',
    '| Code | Name | Meaning |',
    '|---:|---|---|',
    ...rows,
    '',
  ].join('\n');
}
