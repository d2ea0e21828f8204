import { afterAll, beforeAll, describe } from 'vitest';
import { labDown } from '../../../src/lab/down.ts';
import { requireLabHost } from '../../../src/lab/find.ts';
import type { LabHost } from '../../../src/lab/port.ts';
import { labUp } from '../../../src/lab/up.ts';
import { type Reporter, silent } from '../../../src/output/events.ts';

export { shell, ssh } from './shell.ts';

/** Why lab tests cannot run here; undefined where they can. Packages are no reason: root installs them. */
export const labUnavailable: string | undefined =
  process.platform !== 'linux'
    ? 'labs need Linux'
    : process.getuid?.() !== 0
      ? 'labs need root (run the tests as root)'
      : undefined;

/** `describe` for tests on real hosts: where there can be none, they are skipped and it is said aloud. */
export function describeLab(title: string, body: () => void): void {
  if (labUnavailable) process.stderr.write(`\nLAB TESTS SKIPPED ("${title}"): ${labUnavailable}\n`);
  describe.skipIf(labUnavailable !== undefined)(title, body);
}

export interface TestLab {
  name: string;
  env: Record<string, string | undefined>;
  host(name: string): Promise<LabHost>;
}

export interface TestLabOptions {
  range?: string;
  bindReadOnly?: readonly string[];
  reporter?: Reporter;
}

/**
 * A lab of real hosts for the tests of one `describeLab`: fresh before the first, gone after the last.
 * With KUBEWRIGHT_TEST_KEEP_LAB it stays, to be looked at.
 */
export function useLab(name: string, hosts: readonly string[], options: TestLabOptions = {}): TestLab {
  const env = process.env;
  const { reporter = silent, ...rest } = options;
  beforeAll(async () => {
    // A run that was killed left it.
    await labDown({ lab: name, env, reporter });
    await labUp({ lab: name, names: hosts, env, reporter, ...rest });
  });
  afterAll(async () => {
    if (!env.KUBEWRIGHT_TEST_KEEP_LAB) await labDown({ lab: name, env, reporter });
  });
  return { name, env, host: (host) => requireLabHost(host, env, name) };
}
