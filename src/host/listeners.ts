import type { Facts } from './port.ts';

type Listener = Facts['listeners'][number];

/** `ss -Hltnp`: state, queues, local address:port, peer, users:(("sshd",pid=1,fd=3),…). */
export function parseListeners(text: string): Listener[] {
  return text.split('\n').flatMap((line) => {
    const [, , , local, , ...users] = line.trim().split(/\s+/);
    const match = /^(.*):(\d+)$/.exec(local ?? '');
    if (!match) return [];
    const holder = /\("((?:[^"\\]|\\.)*)",pid=(\d+)/.exec(users.join(' '));
    return [
      {
        address: match[1]!.replace(/^\[|\]$/g, '').replace(/%.*$/, ''),
        port: Number(match[2]),
        ...(holder ? { process: holder[1]!, pid: Number(holder[2]) } : {}),
      },
    ];
  });
}

/** /proc/net/tcp and tcp6, where there is no ss: addresses in hex, words in the host's byte order; 0A is LISTEN. */
export function parseProcTcp(text: string): Listener[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /.exec(line);
    return match ? [{ address: addressOf(match[1]!), port: Number.parseInt(match[2]!, 16) }] : [];
  });
}

function addressOf(hex: string): string {
  const bytes = hex.match(/.{8}/g)!.flatMap((word) => word.match(/../g)!.reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join('.');
  const groups = bytes.join('').match(/.{4}/g)!;
  const text = groups.map((group) => Number.parseInt(group, 16).toString(16)).join(':');
  return text === '0:0:0:0:0:0:0:0' ? '::' : text;
}
