// A kubewright of its own whose commands are those of test/fakes/commands; src/cli around them is the real one.
import { join } from 'node:path';
import { sourceOptions } from '../../src/cli/development.ts';
import { runWith } from '../../src/cli/run.ts';

const root = join(import.meta.dirname, '../..');
await runWith(() => sourceOptions(root, './test/fakes/commands'), process.argv.slice(2));
