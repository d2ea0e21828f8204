import type { Facts } from './port.ts';

/** `ip -o link show`: `2: eth0@if5: <BROADCAST,…> mtu 1500 qdisc …`. */
export function parseLinks(text: string): Facts['links'] {
  return text.split('\n').flatMap((line) => {
    const match = /^\d+:\s+([^\s:@]+)\S*:\s.*\smtu\s+(\d+)/.exec(line);
    return match ? [{ name: match[1]!, mtu: Number(match[2]) }] : [];
  });
}

/** resolv.conf(5). */
export function parseResolvers(text: string): string[] {
  return [...text.matchAll(/^nameserver\s+([^\s#;]+)/gm)].map((match) => match[1]!);
}

const PROXY_VARIABLE = /^(https?|all|no)_proxy$/i;

function proxiesOf(assignments: Iterable<string>): Record<string, string> {
  const pairs = [...assignments].map((text): [string, string] => {
    const at = text.indexOf('=');
    return [
      text.slice(0, at),
      text
        .slice(at + 1)
        .trim()
        .replace(/^(["'])(.*)\1$/, '$2'),
    ];
  });
  return Object.fromEntries(pairs.filter(([name, value]) => PROXY_VARIABLE.test(name) && value !== ''));
}

/** /etc/environment: `NAME="value"` a line, as pam_env reads it. */
export function parseLogins(text: string): Record<string, string> {
  return proxiesOf([...text.matchAll(/^\s*(?:export\s+)?(\w+=.*)$/gm)].map((match) => match[1]!));
}

/** systemd's system.conf and its drop-ins: `DefaultEnvironment="A=b c" D=e`; the last word of each variable counts. */
export function parseServices(files: readonly string[]): Record<string, string> {
  const lines = files.flatMap((text) => [...text.matchAll(/^\s*DefaultEnvironment\s*=(.*)$/gm)]);
  const words = lines.flatMap(([, value = '']) => [
    ...value.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|([^\s"']\S*)/g),
  ]);
  return proxiesOf(words.map(([, double, single, plain]) => double ?? single ?? plain ?? ''));
}

/** `nft list chains`, its lines of tables and of what hooks into input, and ufw's own setting. */
export function parseFirewalls({ ufw, chains }: { ufw: string; chains: string }): string[] {
  const found: string[] = [];
  if (/^\s*ENABLED\s*=\s*"?yes/im.test(ufw)) found.push('ufw');
  let table = '';
  for (const line of chains.split('\n')) {
    const name = /^table\s+(\S+\s+\S+)/.exec(line)?.[1];
    if (name) table = name;
    if (name && /\sfirewalld$/.test(name)) found.push('firewalld');
    // ufw and firewalld write such chains as well: theirs are told by their own names.
    if (/hook input\b.*policy drop/.test(line)) found.push(`nftables (table ${table})`);
  }
  const managed = found.filter((one) => !one.startsWith('nftables'));
  return [...new Set(managed.length > 0 ? managed : found)];
}
