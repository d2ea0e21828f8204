import { chmodSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FLOWS } from './matrix/flows.ts';
import { killMatrix } from './matrix/matrix.ts';
import { describeSim } from './support/tier.ts';
import type { World } from './world/world.ts';

/** One sample, so that a run says something of the change and not of the day; other seeds by the environment. */
const seed = Number(process.env.KUBEWRIGHT_KILL_SEED ?? 20_782);
const timeout = 300_000;
/** Points of each flow; all of them: npm run kill-matrix. */
const SAMPLE = 5;
const SAMPLED = ['init-one', 'join-worker', 'join-control-plane', 'reset-worker', 'remove-worker'];
const flowOf = (name: string) => FLOWS.find((flow) => flow.name === name)!;

describeSim(`the kill matrix, a sample of it (KUBEWRIGHT_KILL_SEED=${seed})`, () => {
  // B10: no run of it has anything of an earlier one but the hosts.
  describe.concurrent('B01, B02, B03, B10, B32, B33: killed at an operation, the same command again', () => {
    it.each(SAMPLED.map((name, index) => ({ name, index })))(
      '$name converges, and nothing is lost',
      async ({ name, index }) => {
        const network = (process.pid + index) % 250;
        const result = await killMatrix(flowOf(name), { seed, sample: SAMPLE, worlds: 1, network });
        expect(result.outcomes.filter(({ faults }) => faults.length > 0)).toEqual([]);
        expect(result.outcomes).toHaveLength(SAMPLE);
        expect(result.counted).toBe(result.operations);
      },
      timeout,
    );
  });

  it(
    'B02: finds a writer that does not rename (a seeded defect)',
    async () => {
      const network = (process.pid + SAMPLED.length) % 250;
      const result = await killMatrix(flowOf('init-one'), {
        // One whose points come as far as the rename.
        seed: 20_782,
        sample: 6,
        worlds: 1,
        network,
        only: /certs\/pki/,
        spoil,
      });
      expect(result.outcomes.flatMap(({ faults }) => faults).join('\n')).toContain('is torn');
    },
    timeout,
  );
});

/** Its rename writes half of the file to its place, and that was it. */
function spoil(world: World): void {
  for (const host of world.hosts.values()) {
    const stub = host.at('/usr/local/sbin/mv');
    const text = [
      'for last; do :; done',
      'case "$1 $last" in',
      '"-f /etc/kubernetes/"*) head -c 100 "$2" >"$last"; kill -KILL $PPID ;;',
      'esac',
      'exec /usr/bin/mv "$@"',
    ];
    writeFileSync(stub, `#!/bin/sh\n${text.join('\n')}\n`);
    chmodSync(stub, 0o755);
  }
}
