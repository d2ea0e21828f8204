import type { LabStatus } from './status.ts';

const COLUMNS = ['LAB', 'HOST', 'ADDRESS', 'STATE', 'NETWORK'];

/** A line a host, as `kubectl get` sets its columns; a lab without hosts has a line too. */
export function labTable(labs: readonly LabStatus[]): string {
  const rows = labs.flatMap(({ lab, cidr, hosts }) =>
    hosts.length > 0
      ? hosts.map(({ name, address, state }) => [lab, name, address, state, cidr])
      : [[lab, '<none>', '', '', cidr]],
  );
  if (rows.length === 0) return 'No labs. Make one with: kubewright lab up cp1 w1';
  const widths = COLUMNS.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd();
  return [COLUMNS, ...rows].map(line).join('\n');
}
