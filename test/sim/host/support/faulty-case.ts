import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Operation } from '../../../../src/host/port.ts';

/**
 * A root of its own for each case: they run side by side. `operations` come after those that every case has; they are
 * plain data.
 */
export function newCase(operations: readonly Operation[] = []) {
  const root = mkdtempSync(join(tmpdir(), 'kubewright-fault-'));
  return {
    root,
    read: (name: string) => readFileSync(join(root, name), 'utf8'),
    async run(environment: Record<string, string> = {}) {
      const script = join(import.meta.dirname, 'faulty.ts');
      const child = spawn(process.execPath, [script, root, JSON.stringify(operations)], {
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const exit = once(child, 'exit');
      const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [status, signal] = await exit;
      return { status, signal, stdout, stderr };
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
