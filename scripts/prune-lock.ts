// npm keeps the names of optional platform packages that were not served in the lock file and then refuses
// that file in `npm ci`. Run after every `npm install`: drops the names that have no entry of their own.
import { readFileSync, writeFileSync } from 'node:fs';

interface Entry {
  optionalDependencies?: Record<string, string>;
}
const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Record<string, Entry> };
let dropped = 0;
for (const [path, entry] of Object.entries(lock.packages)) {
  for (const name of Object.keys(entry.optionalDependencies ?? {})) {
    const served = [`${path}/node_modules/${name}`, `node_modules/${name}`].some((at) => at in lock.packages);
    if (served) continue;
    delete entry.optionalDependencies?.[name];
    dropped++;
  }
}
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`);
console.log(`package-lock.json: ${dropped} optional names without an entry dropped`);
