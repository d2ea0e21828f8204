// Makes everything that a cluster is made of (with --peers also what tests compare against) and prints the cache.
// --status prints only. --arch ARCH for another architecture than this machine's. --all-versions: every Kubernetes of the
// catalog, not the newest alone.
import { parseArgs } from 'node:util';
import { hostArch } from '../src/artifacts/arch.ts';
import { catalogs, newest } from '../src/artifacts/catalog.ts';
import { clusterNames } from '../src/artifacts/selection.ts';
import { openStore } from '../src/artifacts/store.ts';
import { KubewrightError } from '../src/base/errors.ts';
import type { Event } from '../src/output/events.ts';

const { values } = parseArgs({
  options: {
    peers: { type: 'boolean', default: false },
    'all-versions': { type: 'boolean', default: false },
    status: { type: 'boolean', default: false },
    arch: { type: 'string', default: hostArch() },
  },
});
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort(new KubewrightError(ctrlC)));
const ctrlC = {
  code: 'Interrupted',
  message: 'interrupted; what is built already is kept',
  exit: 'interrupted',
} as const;

const shown = { label: '', at: 0 };

function show(event: Event): void {
  if (event.type === 'message') console.log(event.text);
  if (event.type === 'waiting' && !event.finished)
    console.log(`waiting for ${event.for}: ${event.seen ?? ''}`);
  if (event.type !== 'progress') return;
  const live = process.stdout.isTTY;
  const now = performance.now();
  // In a log: every new piece, and a sign of life each half minute.
  if (!live && event.label === shown.label && now - shown.at < 30_000) return;
  Object.assign(shown, { label: event.label, at: now });
  const line = `${event.label}: ${Math.round(event.done)} of about ${Math.round(event.total)} s`;
  process.stdout.write(live ? `\r\u001b[K${line}${event.finished ? '\n' : ''}` : `${line}\n`);
}

try {
  const start = performance.now();
  const store = openStore({ env: process.env, reporter: { emit: show }, signal: interrupted.signal });
  if (!values.status) {
    // One call for each, so that cluster and peers share each build.
    for (const catalog of values['all-versions'] ? catalogs : [newest]) {
      const peers = values.peers ? [...catalog.peers.components, ...catalog.peers.images] : [];
      await store.prepare([...clusterNames(catalog), ...peers], values.arch, catalog.kubernetes);
    }
  }
  let bytes = 0;
  for (const { kind, name, version, artifact } of await store.status(values.arch)) {
    bytes += artifact?.size ?? 0;
    const size = artifact ? `${(artifact.size / 1e6).toFixed(1)} MB` : 'not made';
    const sha256 = artifact?.sha256.slice(0, 12) ?? '';
    console.log(`${kind.padEnd(10)}${name.padEnd(26)}${version.padEnd(52)}${size.padStart(9)}  ${sha256}`);
  }
  console.log(`${(bytes / 1e6).toFixed(0)} MB in ${((performance.now() - start) / 1000).toFixed(1)} s`);
} catch (error) {
  if (!(error instanceof KubewrightError)) throw error;
  console.error(`\n${error.code}: ${error.message}`);
  if (error.evidence) console.error(error.evidence);
  if (error.hint) console.error(error.hint);
  process.exitCode = error.exit;
}
