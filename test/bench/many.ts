// npm run many: a hundred simulated hosts behind a slow network. See docs/bench.md. Takes Linux and root.
import { parseArgs } from 'node:util';
import { Fleet } from '../sim/many/fleet.ts';
import type { ManyResult } from '../sim/many/run.ts';
import { machineLine } from './report.ts';
import { table } from './statistics.ts';

const { values: options } = parseArgs({
  options: {
    hosts: { type: 'string', default: '100' },
    /** Bytes of each of the eight artifacts. */
    bytes: { type: 'string', default: '1000000' },
    delivery: { type: 'string', default: 'peer' },
    /** Milliseconds there and back. */
    latency: { type: 'string', default: '50' },
    loss: { type: 'string', default: '0.01' },
  },
});

const hosts = Number(options.hosts);
process.stderr.write(`starting ${hosts} hosts\n`);
await using fleet = await Fleet.start(hosts, Number(options.bytes));
const { proxies } = fleet.site;
const delivery = options.delivery as 'peer';
const rows: string[][] = [];

/** `network`: slow and lossy as asked for, or as it is. */
async function measure(name: string, verb: 'join' | 'plan', network: 'slow' | 'plain'): Promise<void> {
  const slow = { latencyMs: Number(options.latency) / 2, loss: Number(options.loss) };
  for (const { faults } of proxies)
    Object.assign(faults, network === 'slow' ? slow : { latencyMs: 0, loss: 0 });
  const before = fleet.site.sent;
  const result = await fleet.run(verb, delivery);
  rows.push([name, ...figures(result, fleet.site.sent - before)]);
  process.stderr.write(`${name}: ${result.seconds.toFixed(1)} s\n`);
}

function figures({ seconds, peakMegabytes, roundTrips, cpuSeconds, failures }: ManyResult, sent: number) {
  const trips = Object.values(roundTrips);
  return [
    seconds.toFixed(1),
    cpuSeconds.toFixed(1),
    peakMegabytes.toFixed(0),
    `${Math.min(...trips)}–${Math.max(...trips)}`,
    (sent / 1e6).toFixed(2),
    String(Object.keys(failures).length),
  ];
}

await measure('first run', 'join', 'slow');
await measure('again, nothing to change', 'join', 'slow');
await measure('plan, nothing to change', 'plan', 'slow');
await measure('plan, plain loopback', 'plan', 'plain');
const head = [
  `${hosts} hosts`,
  'seconds',
  'CPU s here',
  'peak MB',
  'round trips a host',
  'MB sent',
  'failed',
];
console.log(`\n${table([head, ...rows])}\n`);
console.log(`each artifact once: ${(fleet.bytes / 1e6).toFixed(2)} MB; delivery ${delivery}`);
console.log(
  `network: ${options.latency} ms there and back, ${Number(options.loss) * 100} % of chunks lost once`,
);
console.log(machineLine());
