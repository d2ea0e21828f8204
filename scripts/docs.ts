// Writes the pages of docs that are generated from code and data. `--check` compares instead.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { clusterPage } from './docs/cluster-page.ts';
import { clusterSchemaText } from './docs/cluster-schema.ts';
import { compatibilityPage } from './docs/compatibility.ts';
import { exitCodesPage } from './docs/exit-codes.ts';
import { faultsPage } from './docs/faults-page.ts';

const pages = [
  { file: 'docs/reference/exit-codes.md', text: exitCodesPage() },
  { file: 'docs/reference/faults.md', text: faultsPage() },
  { file: 'docs/reference/cluster.md', text: clusterPage() },
  { file: 'docs/reference/cluster.schema.json', text: clusterSchemaText() },
  { file: 'docs/compatibility.md', text: compatibilityPage() },
];

for (const { file, text } of pages) {
  if (!process.argv.includes('--check')) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  } else if (read(file) !== text) {
    console.error(`${file} is stale: run "npm run docs" and commit it`);
    process.exitCode = 1;
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
