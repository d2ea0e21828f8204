import { settings } from '@oclif/core/settings';

// oclif would otherwise try to transpile for itself, fail with TypeScript 7 and silently run an old dist.
settings.enableAutoTranspile = false;
