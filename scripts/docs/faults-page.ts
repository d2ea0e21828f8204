import { FAULTS } from './faults.ts';
import { type NamedTest, numberedTests } from './numbered-tests.ts';

export function faultsPage(): string {
  const tests = numberedTests();
  const rows = FAULTS.map(({ number, what, holds, not }) => {
    const own = tests.filter(({ numbers }) => numbers.includes(number));
    const shown = [
      ...own.map(told),
      ...(not ? [`*${own.length > 0 ? 'Not all of it' : 'Not injected'}: ${not}*`] : []),
    ];
    return `| ${number} | ${what} | ${holds || '—'} | ${shown.map(cell).join('<br>')} |`;
  });
  return [
    '# Faults',
    '',
    '<!-- Generated from scripts/docs/faults.ts and the names of the tests by scripts/docs.ts; do not edit. -->',
    '',
    'What goes wrong with clusters, what holds then, and the tests that make it happen. `%s` stands for the cases of a test. The',
    'words that are told of a fault are kept in `test/golden/faults`. Tiers: `unit`, `sim` (a real sshd over a private root), `api` (a real',
    'etcd and kube-apiserver), `lab` (real hosts); see CONTRIBUTING.md.',
    '',
    '| | Fault | What holds | Tests |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function told({ file, name }: NamedTest): string {
  return `\`${file.replace(/^test\//, '').replace(/(\.test)?\.ts$/, '')}\`: ${name}`;
}

/** Inside of a table, and of HTML. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll(/\$\w+/g, '%s');
}
