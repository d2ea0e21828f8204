import { isAddress, parseCidrs } from './cidr.ts';
import { KUBERNETES_VERSION } from './defaults.ts';
import { formatDuration, parseDuration } from './duration.ts';
import { isDnsSubdomain } from './names.ts';

// What a text that was refused was probably meant to be. None repeats what may hold a password.

export function cidrHint(value: string): string | undefined {
  const wrong =
    value
      .split(',')
      .find((part) => parseCidrs(part) === undefined)
      ?.trim() ?? '';
  if (isAddress(wrong))
    return `the length of its prefix is missing: "${wrong}${wrong.includes(':') ? '/56' : '/16'}"`;
  const [address = '', prefix = ''] = wrong.split('/');
  if (isAddress(address) && /^\d+$/.test(prefix))
    return `a prefix is at most /${address.includes(':') ? 128 : 32}`;
  if (/^\S+\s*-\s*\S+$/.test(wrong)) return 'give it by its first address and the length of its prefix';
  if (/[\s;]/.test(wrong)) return 'with a comma between the two';
  return undefined;
}

const EXAMPLE = 'such as "8760h" or "1h30m"';
const DAY = 24 * 3_600_000;
const LONGER = { d: DAY, w: 7 * DAY, y: 365 * DAY } as const;

export function durationHint(value: string): string | undefined {
  const [, amount, unit = ''] = /^(\d+)\s*([a-z]*)$/i.exec(value.trim()) ?? [];
  if (amount === undefined) return EXAMPLE;
  if (unit === '') return Number(amount) > 0 ? `with a unit: "${amount}s"` : EXAMPLE;
  const longer = LONGER[unit[0]!.toLowerCase() as keyof typeof LONGER];
  const ms = longer ? Number(amount) * longer : parseDuration(`${amount}${unit.toLowerCase()[0]}`);
  return ms ? `"${shorter(formatDuration(ms))}": the units are h, m, s and ms` : EXAMPLE;
}

function shorter(text: string): string {
  return text.replace(/(?<=h)0m0s$|(?<=m)0s$/, '');
}

export function nameHint(value: string): string | undefined {
  const near = value
    .trim()
    .toLowerCase()
    .replaceAll(/[_\s]+/g, '-');
  return near !== value && isDnsSubdomain(near) ? `such as "${near}"` : undefined;
}

export function pathHint(value: string): string | undefined {
  if (value.startsWith('~')) return 'hosts know no "~": write the whole path';
  return /^[\w-]/.test(value) && !value.includes('..') ? `such as "/${value}"` : undefined;
}

export function urlHint(value: string): string | undefined {
  if (value.includes('@')) return 'let the proxy or mirror know the hosts by their addresses';
  return /^[\w.-]+(:\d+)?$/.test(value) ? `such as "http://${value}"` : 'such as "https://host.example.com"';
}

export function versionHint(value: string): string | undefined {
  if (!/^v\d+\.\d+$/.test(value)) return undefined;
  return KUBERNETES_VERSION.startsWith(`${value}.`)
    ? `with its patch: "${KUBERNETES_VERSION}"`
    : 'with its patch, such as v1.36.3';
}
