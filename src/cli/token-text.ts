import type { BootstrapToken } from '../cluster/tokens/read.ts';

const HEADINGS = ['TOKEN', 'TTL', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS'];
/** kubeadm's cells are padded by themselves, and each row is aligned alone (cmd/token.go: formatBootstrapToken). */
const CELLS = [0, 9, 0, 22, 56, 0];
const LEAST = 10;
const GAP = 3;

/** As `kubeadm token list` prints them; nothing where there is none. */
export function tokenTable(tokens: readonly BootstrapToken[], now: Date): string {
  return tokens
    .map((token, index) => aligned([...(index === 0 ? [HEADINGS] : []), row(token, now)]))
    .join('');
}

/** One object after another, as `kubeadm token list -o json` prints them. */
export function tokenJson(tokens: readonly BootstrapToken[]): string {
  return tokens.map((token) => `${JSON.stringify(tokenObject(token), undefined, 4)}\n`).join('');
}

function tokenObject({ token, description, expires, usages, groups }: BootstrapToken): object {
  return {
    kind: 'BootstrapToken',
    apiVersion: 'output.kubeadm.k8s.io/v1alpha3',
    token,
    ...(description === undefined ? {} : { description }),
    ...(expires === undefined ? {} : { expires: rfc3339(expires) }),
    ...(usages.length > 0 ? { usages } : {}),
    ...(groups.length > 0 ? { groups } : {}),
  };
}

function row({ token, description, expires, usages, groups }: BootstrapToken, now: Date): string[] {
  const cells = [
    token,
    expires ? timeLeft(expires.getTime() - now.getTime()) : '<forever>',
    expires ? rfc3339(expires) : '<never>',
    usages.join(',') || '<none>',
    description ?? '<none>',
    groups.join(',') || '<none>',
  ];
  return cells.map((cell, index) => cell.padEnd(CELLS[index]!));
}

/** Go's text/tabwriter with a least width of 10 and a gap of 3; the last cell belongs to no column. */
function aligned(rows: string[][]): string {
  const widths = HEADINGS.map((_, column) =>
    Math.max(LEAST, ...rows.map((cells) => [...cells[column]!].length + GAP)),
  );
  return rows
    .map((cells) =>
      cells.map((cell, column) => (column === 5 ? cell : cell.padEnd(widths[column]!))).join(''),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** `45s`, `59m`, `23h`, `3d`, `2y` (apimachinery: duration.ShortHumanDuration). */
function timeLeft(milliseconds: number): string {
  const seconds = Math.trunc(milliseconds / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 60) return `${Math.max(0, seconds)}s`;
  const minutes = Math.trunc(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.trunc(minutes / 60);
  if (hours < 24) return `${hours}h`;
  return hours < 24 * 365 ? `${Math.trunc(hours / 24)}d` : `${Math.trunc(hours / 24 / 365)}y`;
}

function rfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}
