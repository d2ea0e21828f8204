import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { TimingSpan } from '../../../src/output/events.ts';
import { timelinePage } from '../../../src/output/timeline-page.ts';

const template = readFileSync(new URL('../../../templates/timeline/page.html', import.meta.url), 'utf8');
const spans: TimingSpan[] = [
  { name: 'connect', host: 'cp1', start: 0, seconds: 1 },
  { name: 'certs', host: 'cp1', start: 1, seconds: 2 },
  { name: 'images', host: 'cp1', start: 1, seconds: 7 },
  { name: 'images', host: 'cp1', start: 4, seconds: 2, wait: 'a <peer>' },
  { name: 'connect', host: '"><script>alert(1)</script>@path@', start: 0, seconds: 10 },
];
const page = (title = 'kubewright init cp1') =>
  timelinePage(template, title, {
    type: 'timing',
    total: 10,
    spans,
    critical: { path: [spans[4]!], idle: 0.5, waiting: 2 },
  });

it('what runs side by side on a host lies in rows of its own, to scale', () => {
  const [block] = page().split('<div class="host">').slice(1);
  const rows = block!.split('<div class="lane">').slice(1);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toContain('style="left:0%;width:10%"');
  expect(rows[0]).toContain('style="left:10%;width:20%"');
  expect(rows[1]).toContain('<i style="left:42.86%;width:28.57%"></i>');
});

it('the critical path is marked, and listed', () => {
  expect(page().match(/class="bar hot"/g)).toHaveLength(1);
  expect(page()).toContain('10.0s in all; on the critical path 2.0s waiting, 0.5s idle (5 %)');
});

it('text of hosts and users is text, and nothing comes from elsewhere', () => {
  const text = page('kubewright init "<img src=x>" \u001b[2J');
  expect(text).not.toMatch(/<script|<img|\u001b|https?:|src=(?!x)|url\(|@import|<link/);
  expect(text).toContain('<b>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;@path@</b>');
  expect(text).toContain('waited 2.0s for a &lt;peer&gt;');
  expect(text).toContain("default-src 'none'");
});
