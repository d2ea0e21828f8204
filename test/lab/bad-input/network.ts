import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { expectRefusal } from '../support/cli.ts';
import { type Detour, startDetour } from './detour.ts';
import { expectNoStrays, HOST, on, type Place, reset, says, sshFlags } from './place.ts';

const MIDDLE = 20_000_000;

export function survivesTheNetwork(place: Place): void {
  describe('in the middle of an upload', () => {
    const { cli } = place;
    let detour: Detour;
    let phase: string[] = [];
    beforeAll(async () => {
      const { address, port } = await place.host();
      detour = await startDetour(address, port);
      const flags = [...(await sshFlags(place, 'detour')), '--accept-new-host-keys'];
      phase = ['phase', 'init', 'runtime', `root@127.0.0.1:${detour.port}`, ...flags];
    });
    beforeEach(() => {
      detour.connections = 0;
    });
    afterEach(() => reset(place));
    afterAll(() => detour.close());

    it('B05: a connection that is cut is made again, and the command finishes', async () => {
      detour.after(MIDDLE, () => detour.cut());
      const outcome = await cli.run(phase);
      expect(outcome.exit, outcome.stderr).toBe(0);
      expect(detour.connections).toBeGreaterThan(1);
      says(await cli.run(phase), 'changed 0,');
      await expectNoStrays(place);
    });

    it('B05: one that cannot be made again ends the command, and the same command goes on', async () => {
      let closing: Promise<void> | undefined;
      detour.after(MIDDLE, () => {
        closing = detour.close();
      });
      const outcome = await cli.run(phase);
      await closing;
      await detour.open();
      expectRefusal(
        outcome,
        EXIT.connectionLost,
        '127.0.0.1',
        'refused the connection',
        'same command again',
      );
      says(await cli.run(phase), /changed [1-9]/);
      says(await cli.run(phase), 'changed 0,');
      await expectNoStrays(place);
    });

    it('a fault by name, at the very operation, is survived as well', async () => {
      const named = ['phase', 'init', 'host', HOST];
      const list = join(cli.folder(), 'operations');
      const env = { KUBEWRIGHT_FAULT: 'host/hosts/1:mid:reset', KUBEWRIGHT_FAULT_LIST: list };
      says(await cli.run(named, { env }), /changed [1-9]/);
      const sent = (await readFile(list, 'utf8')).split('\n').filter((id) => id === 'host/hosts/1');
      expect(sent).toHaveLength(2);
      says(await cli.run(named), 'changed 0,');
    });

    it('B11: a second run on the same host is refused and told who holds it; the first one finishes', async () => {
      let second: ReturnType<typeof cli.run> | undefined;
      detour.after(MIDDLE, () => {
        detour.hold();
        second = cli.run(['phase', 'init', 'runtime', HOST]).finally(() => detour.release());
      });
      const first = await cli.run(phase);
      expect(first.exit, first.stderr).toBe(0);
      const refused = await second!;
      expectRefusal(
        refused,
        EXIT.locked,
        `Another run has worked on this cluster (its lock is on ${HOST}) for `,
        /@\S+: kubewright init \(run [0-9a-f]+, pid \d+/,
        'Wait for it',
      );
      says(await cli.run(phase), 'changed 0,');
    });

    it('B04: Ctrl-C ends the step, says how to go on, and the same command does', async () => {
      const here = ['phase', 'init', 'runtime', HOST];
      let asked = false;
      const outcome = await cli.run([...here, '-o', 'ndjson'], {
        onLine: (line, child) => {
          if (asked || !line.includes('"progress"')) return;
          asked = true;
          child.kill('SIGINT');
        },
      });
      const again = `kubewright ${here.join(' ')} -o ndjson`;
      expectRefusal(outcome, EXIT.interrupted, 'Interrupted', 'What was done stays done', again);
      expect(await on(place, 'ls -A /usr/local/sbin')).not.toContain('runc');
      await expectNoStrays(place);
      says(await cli.run(here), /changed [1-9]/);
      says(await cli.run(here), 'changed 0,');
    });
  });
}
