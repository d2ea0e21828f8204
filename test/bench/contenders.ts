import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { newest } from '../../src/artifacts/catalog.ts';
import { packageRoot } from '../../src/artifacts/package-root.ts';
import type { Event } from '../../src/output/events.ts';
import { type Ended, type Line, timed } from './command.ts';
import type { BenchHost } from './lab-host.ts';

export const CONTENDERS = ['kubewright', 'kubeadm'] as const;
export type Contender = (typeof CONTENDERS)[number];

export interface Span {
  name: string;
  start: number;
  seconds: number;
}

export interface Attempt extends Ended {
  /** Where its time went, by its own account; starts are seconds from the start of the command. */
  spans: Span[];
}

export interface AttemptOptions {
  host: BenchHost;
  /** A folder of the bench's own. */
  folder: string;
  started: number;
  signal: AbortSignal;
}

export const attempt: Record<Contender, (options: AttemptOptions) => Promise<Attempt>> = {
  kubewright: async ({ host, folder, started, signal }) => {
    const kubeconfig = join(folder, 'kubeconfig');
    await rm(kubeconfig, { force: true });
    const argv = [
      join(packageRoot(), 'bin/run.js'),
      'init',
      host.name,
      '--lab',
      host.lab,
      '--kubeconfig',
      kubeconfig,
    ];
    const ended = await timed([...argv, '-o', 'ndjson'], { started, signal });
    return { ...ended, spans: eventSpans(ended) };
  },
  kubeadm: async ({ host, started, signal }) => {
    // The first line tells ssh's own time from kubeadm's.
    const script = 'echo "[ssh]"; exec kubeadm init --config /root/kubeadm.yaml "$@" 2>&1';
    const ignored = `--ignore-preflight-errors=${IGNORED.join(',')}`;
    const argv = host.ssh('sh', '-c', script, 'sh', ignored, '-v=1');
    const ended = await timed(argv, { started, signal });
    return { ...ended, spans: lineSpans(ended) };
  },
};

/** By name, each for a reason that the lab has: cgroup v1 and the kernel's configuration, which it shares. */
const IGNORED = ['SystemVerification'];

/** The timing event's spans; what is before and after them is the start of the process and its end. */
function eventSpans({ lines, seconds }: Ended): Span[] {
  const events = lines.flatMap(({ text }) => parseEvent(text));
  const timing = events.find((event) => event.type === 'timing');
  if (!timing) return [];
  const phases = lines.find(({ text }) => parseEvent(text).length > 0);
  const first = timing.spans.find(({ name }) => name === 'preflight');
  const before = phases && first ? Math.max(0, phases.at - first.start) : 0;
  const spans = timing.spans.map(({ name, start, seconds }) => ({ name, start: start + before, seconds }));
  const after = before + timing.total;
  return [
    { name: 'start of the process', start: 0, seconds: before },
    ...spans,
    { name: 'kubeconfig, unlock, exit', start: after, seconds: Math.max(0, seconds - after) },
  ].sort((a, b) => a.start - b.start);
}

function parseEvent(text: string): Event[] {
  if (!text.startsWith('{"type":')) return [];
  return [JSON.parse(text)];
}

/** `[certs] …`: a phase of kubeadm's begins with the first line that has its name. */
function lineSpans({ lines, seconds }: Ended): Span[] {
  const starts: { name: string; start: number }[] = [];
  for (const { at, text } of lines) {
    const name = /^\[([\w/-]+)\]/.exec(text)?.[1];
    if (name && name !== starts.at(-1)?.name) starts.push({ name, start: at });
  }
  const spans = starts.map(({ name, start }, index) => ({
    name: name === 'ssh' ? 'start of kubeadm' : name,
    start,
    seconds: (starts[index + 1]?.start ?? seconds) - start,
  }));
  const first = starts[0]?.start ?? 0;
  return merged([{ name: 'ssh', start: 0, seconds: first }, ...spans]);
}

/** A name that comes back (kubelet-check between addons) counts once, with all of its time. */
function merged(spans: readonly Span[]): Span[] {
  const byName = new Map<string, Span>();
  for (const span of spans) {
    const known = byName.get(span.name);
    if (known) known.seconds += span.seconds;
    else byName.set(span.name, { ...span });
  }
  return [...byName.values()];
}

/** The peer's configuration with this host's address and the lab's own settings, as kubewright takes them too. */
export async function writeKubeadmConfig(host: BenchHost): Promise<void> {
  const etcd = newest.images.find(({ name }) => name === 'etcd')?.reference.split(':')[1] ?? '';
  const file = join(packageRoot(), 'test/bench/kubeadm.yaml');
  const text = (await readFile(file, 'utf8')).replace('ADDRESS', host.address).replace('ETCD_TAG', etcd);
  const { kubelet, kubeProxy } = host.defaults;
  const own: Record<string, object> = { KubeletConfiguration: kubelet, KubeProxyConfiguration: kubeProxy };
  const documents = parseAllDocuments(text).map((document) => {
    const content = document.toJS();
    return stringify({ ...content, ...own[content.kind] });
  });
  await writeFile(join(host.root, 'root/kubeadm.yaml'), documents.join('---\n'));
}

export function lastLines(lines: readonly Line[], count = 25): string {
  return lines
    .slice(-count)
    .map(({ at, text }) => `${at.toFixed(2)} ${text.slice(0, 300)}`)
    .join('\n');
}
