import type { Event, TimingSpan } from './events.ts';
import { harmless, seconds } from './reporters/text.ts';

type Timing = Extract<Event, { type: 'timing' }>;

/**
 * A run's timeline as one page that needs nothing from anywhere: hosts down, time across. `template`: HTML with
 * `@title@`, `@summary@`, `@axis@`, `@hosts@` and `@path@`.
 */
export function timelinePage(template: string, title: string, timing: Timing): string {
  const { total, critical } = timing;
  const parts: Record<string, string> = {
    title: escapeHtml(title),
    summary: `${seconds(total)} in all; on the critical path ${seconds(critical.waiting)} waiting, ${seconds(critical.idle)} idle (${percent(critical.idle, total)} %)`,
    axis: axis(total),
    hosts: hostsOf(timing.spans)
      .map((host) => hostBlock(host, timing))
      .join('\n'),
    path: critical.path.map(pathRow).join('\n'),
  };
  // In one pass: what a name holds is never taken for a place.
  return template.replace(/@(\w+)@/g, (place, name: string) => parts[name] ?? place);
}

/** Text of hosts and users, as text. */
function escapeHtml(text: string): string {
  const signs: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return harmless(text).replace(/[&<>"']/g, (sign) => signs[sign]!);
}

/** In the order of their first span; what belongs to no host comes where it begins. */
function hostsOf(spans: readonly TimingSpan[]): (string | undefined)[] {
  return [...new Set(spans.toSorted((a, b) => a.start - b.start).map(({ host }) => host))];
}

function hostBlock(host: string | undefined, timing: Timing): string {
  const own = timing.spans.filter((span) => span.host === host);
  const bars = own.filter(({ wait }) => wait === undefined);
  const waits = own.filter(({ wait }) => wait !== undefined);
  const rows = lanes(bars).map((lane) => {
    const drawn = lane.map((span) => bar(span, waits.filter(isInside(span)), timing));
    return `<div class="lane">${drawn.join('')}</div>`;
  });
  return `<div class="host"><b>${escapeHtml(host ?? 'the cluster')}</b>${rows.join('')}</div>`;
}

/** As few rows as hold all of them without one over another. */
function lanes(spans: readonly TimingSpan[]): TimingSpan[][] {
  const rows: TimingSpan[][] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const free = rows.find((row) => end(row.at(-1)!) <= span.start);
    if (free) free.push(span);
    else rows.push([span]);
  }
  return rows;
}

function bar(span: TimingSpan, waits: readonly TimingSpan[], { total, critical }: Timing): string {
  const hot = critical.path.some((each) => isSame(each, span)) ? ' hot' : '';
  const told = waits.map(({ wait, seconds: long }) => `; waited ${seconds(long)} for ${wait}`).join('');
  const title = `${span.name}: ${seconds(span.seconds)} from ${seconds(span.start)}${told}`;
  const hatched = waits.map(
    (each) => `<i style="${place(each.start - span.start, each.seconds, span.seconds)}"></i>`,
  );
  const style = place(span.start, span.seconds, total);
  return `<div class="bar${hot}" style="${style}" title="${escapeHtml(title)}">${hatched.join('')}<span>${escapeHtml(span.name)}</span></div>`;
}

function pathRow({ host, name, start, seconds: long }: TimingSpan): string {
  const cells = `<td>${escapeHtml(host ?? '')}</td><td>${escapeHtml(name)}</td>`;
  return `<tr>${cells}<td class="n">${start.toFixed(1)}</td><td class="n">${long.toFixed(1)}</td></tr>`;
}

/** About ten marks, at 1, 2 or 5 times a power of ten. */
function axis(total: number): string {
  const rough = Math.max(total, 0.1) / 10;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= rough)!;
  const marks = Array.from({ length: Math.floor(total / step) + 1 }, (_, index) => index * step);
  return marks
    .map((at) => `<span style="left:${percent(at, total)}%">${escapeHtml(seconds(at))}</span>`)
    .join('');
}

function place(start: number, length: number, total: number): string {
  return `left:${percent(start, total)}%;width:${percent(length, total)}%`;
}

function percent(part: number, whole: number): string {
  return whole > 0 ? String(Number(((100 * part) / whole).toFixed(2))) : '0';
}

function isInside(outer: TimingSpan): (inner: TimingSpan) => boolean {
  return (inner) => inner.name === outer.name && inner.start >= outer.start && end(inner) <= end(outer);
}

function isSame(one: TimingSpan, other: TimingSpan): boolean {
  return one.name === other.name && one.host === other.host && one.start === other.start;
}

function end({ start, seconds: long }: TimingSpan): number {
  return start + long;
}
