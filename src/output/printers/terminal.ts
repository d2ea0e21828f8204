/** Escape sequences and carriage returns made visible, so that an object cannot drive the terminal (kubernetes#101695). */
export function escapeTerminal(text: string): string {
  return text.replaceAll('\x1b', '^[').replaceAll('\r', '\\r');
}

/** One table cell: cut at the first line break, escape sequences made visible. */
export function cellText(text: string): string {
  const end = text.search(/[\f\n\r]/);
  return end < 0 ? escapeTerminal(text) : `${escapeTerminal(text.slice(0, end))}...`;
}
