import { settings } from '@oclif/core/settings';
import { afterAll } from 'vitest';

// oclif would otherwise try to transpile for itself, fail with TypeScript 7 and silently run an old dist.
settings.enableAutoTranspile = false;

// No test asks upstream for anything: what is run is built from the pinned modules.
process.env.KUBEWRIGHT_ARTIFACTS_SOURCE = 'build';

// Files of the unit tier share a process: what one sets in it is gone before the next.
const before = { ...process.env };
afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
});
