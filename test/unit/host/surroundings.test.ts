import { expect, it } from 'vitest';
import {
  parseFirewalls,
  parseLinks,
  parseLogins,
  parseResolvers,
  parseServices,
} from '../../../src/host/surroundings.ts';

it('reads the links with their MTU, those of pairs too', () => {
  const text = [
    '1: lo: <LOOPBACK,UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT',
    '2: eth0@if5: <BROADCAST> mtu 1450 qdisc noqueue state UP',
    'nothing of the kind',
  ].join('\n');
  expect(parseLinks(text)).toEqual([
    { name: 'lo', mtu: 65536 },
    { name: 'eth0', mtu: 1450 },
  ]);
});

it('reads the name servers of resolv.conf, no comments', () => {
  expect(parseResolvers('# nameserver 192.0.2.1\nnameserver 127.0.0.53 # here\noptions ndots:5\n')).toEqual([
    '127.0.0.53',
  ]);
});

it('reads the proxies of logins and of services, quoted as systemd reads them', () => {
  expect(parseLogins('PATH="/bin"\nexport https_proxy="http://proxy.test:3128"\nNO_PROXY=\n')).toEqual({
    https_proxy: 'http://proxy.test:3128',
  });
  const files = [
    '[Manager]\n#DefaultEnvironment=HTTP_PROXY=commented\n',
    `[Manager]\nDefaultEnvironment="HTTPS_PROXY=http://proxy.test:3128" 'no_proxy=a, b' LANG=C\n`,
  ];
  expect(parseServices(files)).toEqual({ HTTPS_PROXY: 'http://proxy.test:3128', no_proxy: 'a, b' });
});

it('tells a firewall that keeps packets from the host from tables that do not', () => {
  const open = 'table inet filter {\n\t\ttype filter hook input priority filter; policy accept;\n';
  const shut = open.replace('accept', 'drop');
  expect(parseFirewalls({ ufw: '', chains: open })).toEqual([]);
  expect(parseFirewalls({ ufw: '', chains: `table ip kube-proxy {\n${shut}` })).toEqual([
    'nftables (table inet filter)',
  ]);
  expect(parseFirewalls({ ufw: 'ENABLED=yes', chains: shut })).toEqual(['ufw']);
  expect(parseFirewalls({ ufw: 'ENABLED=no', chains: 'table inet firewalld {\n' })).toEqual(['firewalld']);
});
