import { readFile, rm } from 'node:fs/promises';
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
  /** kubewright's own timeline; `at`: seconds from the start of the command to the timeline's start. */
  timeline?: { at: number; total: number; critical: Timing['critical'] };
}

type Timing = Extract<Event, { type: 'timing' }>;

export interface AttemptOptions {
  hosts: readonly BenchHost[];
  /** A folder of the bench's own. */
  folder: string;
  started: number;
  signal: AbortSignal;
}

export const attempt: Record<Contender, (options: AttemptOptions) => Promise<Attempt>> = {
  kubewright: kubewrightInit,
  kubeadm: async ({ hosts: [host], started, signal }) => {
    // The first line tells ssh's own time from kubeadm's.
    const script = 'echo "[ssh]"; exec kubeadm init --config /root/kubeadm.yaml "$@" 2>&1';
    const ignored = `--ignore-preflight-errors=${IGNORED.join(',')}`;
    const argv = host!.ssh('sh', '-c', script, 'sh', ignored, '-v=1');
    const ended = await timed(argv, { started, signal });
    return { ...ended, spans: lineSpans(ended) };
  },
};

/** `kubewright init` of one host, or of several. */
export async function kubewrightInit(
  options: AttemptOptions,
  more: readonly string[] = [],
): Promise<Attempt> {
  const { hosts, folder, started, signal } = options;
  const kubeconfig = join(folder, 'kubeconfig');
  await rm(kubeconfig, { force: true });
  const flags = ['--lab', hosts[0]!.lab, '--kubeconfig', kubeconfig, '-o', 'ndjson', ...more];
  const argv = [join(packageRoot(), 'bin/run.js'), 'init', ...hosts.map(({ name }) => name), ...flags];
  const ended = await timed(argv, { started, signal });
  return { ...ended, ...ownTimeline(ended) };
}

/** By name, each for a reason that the lab has: cgroup v1 and the kernel's configuration, which it shares. */
export const IGNORED = ['SystemVerification'];

/** The timing event, which comes when its total is known; what is before and after it is the process's own start and end. */
export function ownTimeline({ lines, seconds }: Ended): Pick<Attempt, 'spans' | 'timeline'> {
  const found = lines.flatMap(({ at, text }) => parseEvent(text).map((event) => ({ at, event })));
  const { at, event } = found.findLast(({ event }) => event.type === 'timing') ?? {};
  if (at === undefined || event?.type !== 'timing') return { spans: [] };
  const before = Math.max(0, at - event.total);
  const several = new Set(event.spans.map(({ host }) => host ?? '')).size > 2;
  const spans = event.spans.map(({ name, host, start, seconds }) => ({
    name: several && host ? `${host} ${name}` : name,
    start: start + before,
    seconds,
  }));
  const ends = [
    { name: 'start of the process', start: 0, seconds: before },
    { name: 'kubeconfig, unlock, exit', start: at, seconds: Math.max(0, seconds - at) },
  ];
  return {
    spans: [...ends, ...spans].sort((a, b) => a.start - b.start),
    timeline: { at: before, total: event.total, critical: event.critical },
  };
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

/**
 * The peer's configuration with this host's address and the lab's own settings, as kubewright takes them too; `more` is
 * added to the documents of that kind.
 */
export async function kubeadmConfig(host: BenchHost, more: Record<string, object> = {}): Promise<string> {
  const etcd = newest.images.find(({ name }) => name === 'etcd')?.reference.split(':')[1] ?? '';
  const file = join(packageRoot(), 'test/bench/kubeadm.yaml');
  const text = (await readFile(file, 'utf8')).replace('ADDRESS', host.address).replace('ETCD_TAG', etcd);
  const { kubelet, kubeProxy } = host.defaults;
  const own: Record<string, object> = {
    KubeletConfiguration: kubelet,
    KubeProxyConfiguration: kubeProxy,
    ...more,
  };
  const documents = parseAllDocuments(text).map((document) => {
    const content = document.toJS();
    return stringify({ ...content, ...own[content.kind] });
  });
  return documents.join('---\n');
}

export function lastLines(lines: readonly Line[], count = 25): string {
  return lines
    .slice(-count)
    .map(({ at, text }) => `${at.toFixed(2)} ${text.slice(0, 300)}`)
    .join('\n');
}
