// Runs from the sources: Node strips the types, no build, no manifest. `node bin/dev.js get pods`
import { runDevelopment } from '../src/cli/development.ts';

await runDevelopment(import.meta.url, process.argv.slice(2));
