import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { parseFault } from '../../../../src/host/fault.ts';
import { connectLocal } from '../../../../src/host/local/connection.ts';
import type { Operation } from '../../../../src/host/port.ts';
import { openHost } from '../../../../src/host/session.ts';

/** Run as a process of its own, so that it can be killed: applies the same three operations to the root given. */
const [prefix, further = '[]'] = process.argv.slice(2);
const content = Buffer.alloc(3_000_000, 'kubewright ');
const sha256 = createHash('sha256').update(content).digest('hex');
const host = await openHost('here', () => connectLocal(), {
  prefix,
  fault: parseFault(process.env.KUBEWRIGHT_FAULT, process.env.KUBEWRIGHT_FAULT_LIST),
});
const results = await host.apply([
  { kind: 'write', id: 'p/file/1', path: '/etc/one', content: 'one', mode: 0o600, expect: 'absent' },
  {
    kind: 'upload',
    id: 'p/big/1',
    path: '/etc/big',
    mode: 0o755,
    artifact: { sha256, size: content.length, open },
  },
  { kind: 'run', id: 'p/run/1', argv: ['sh', '-c', `echo ran | tee -a ${prefix}/runs`] },
  { kind: 'write', id: 'p/file/2', path: '/etc/two', content: 'two', mode: 0o600, expect: 'absent' },
  ...(JSON.parse(further) as Operation[]),
]);
await host.close();
process.stdout.write(JSON.stringify(results.map(({ id, stdout }) => [id, stdout])));

function open(): Readable {
  return Readable.from(
    Array.from({ length: 30 }, (_, index) => content.subarray(index * 100_000, (index + 1) * 100_000)),
  );
}
