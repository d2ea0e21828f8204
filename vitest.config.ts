import { defineConfig } from 'vitest/config';

/** One project a tier; the slow tiers share hosts and processes, so their files run one after another. */
const tier = (
  name: string,
  options: { timeout: number; serial: boolean; isolate?: boolean; globalSetup?: string },
) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: options.timeout,
    hookTimeout: options.timeout,
    // One second is vitest's own: less than a busy machine may take for anything.
    expect: { poll: { timeout: options.timeout / 2 } },
    fileParallelism: !options.serial,
    // By default one processor is kept free, and of two that is half: most of these tests wait for something.
    ...(options.serial ? {} : { maxWorkers: '100%' }),
    isolate: options.isolate ?? true,
    disableConsoleIntercept: true,
    setupFiles: ['test/setup/environment.ts'],
    ...(options.globalSetup ? { globalSetup: [options.globalSetup] } : {}),
  },
});

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      // Half of the tier's time went into loading the same modules for each file; none of ours has state.
      tier('unit', { timeout: 20_000, serial: false, isolate: false }),
      tier('sim', { timeout: 60_000, serial: true }),
      tier('api', { timeout: 120_000, serial: true, globalSetup: 'test/api/support/global-setup.ts' }),
      tier('lab', { timeout: 1_200_000, serial: true }),
    ],
  },
});
