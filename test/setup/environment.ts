import { settings } from '@oclif/core/settings';

// oclif would otherwise try to transpile for itself, fail with TypeScript 7 and silently run an old dist.
settings.enableAutoTranspile = false;

// No test asks upstream for anything: what is run is built from the pinned modules.
process.env.KUBEWRIGHT_ARTIFACTS_SOURCE = 'build';
