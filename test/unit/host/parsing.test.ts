import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseFacts } from '../../../src/host/facts.ts';
import { escapeField, parseJournal, parseKept, unescapeField } from '../../../src/host/journal.ts';
import { parseListeners, parseProcTcp } from '../../../src/host/listeners.ts';
import { requestLine } from '../../../src/host/request.ts';

const fact = (name: string, text: string) => ({ words: ['fact', name], body: Buffer.from(text) });

it('escapes any text into one journal field and back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const field = escapeField(text);
      expect(field).not.toMatch(/[\t\n]/);
      expect(unescapeField(field)).toBe(text);
    }),
  );
});

it('reads a journal: the first state before, the last outcome, and no torn lines', () => {
  const text = [
    'begin\tr1\ta\twrite\t/x\tabsent\t',
    'done\tr1\ta\t0',
    'begin\tr1\tb\trun\tip\t\t["ip","link","del"]',
    'begin\tr2\ta\twrite\t/x\tabsent\t',
    'begin\tr2\tc\twri',
  ].join('\n');
  expect(parseJournal(text)).toEqual([
    { id: 'a', kind: 'write', target: '/x', before: 'absent', done: false },
    { id: 'b', kind: 'run', target: 'ip', before: '', done: false, undo: ['ip', 'link', 'del'] },
  ]);
  expect(parseJournal('begin\tr\ta\trun\tip\t\t{"not": "a list"}')[0]?.undo).toBeUndefined();
});

it('knows from the name of a kept copy how to put it back', () => {
  const mark = 'a'.repeat(32);
  expect(parseKept(`/var/lib/kubewright/kept/${mark}.640.0.42`)).toEqual({ mode: 0o640, owner: '0:42' });
  expect(parseKept(`/var/lib/kubewright/kept/${mark}.link`)).toBe('link');
  expect(parseKept('absent')).toBeUndefined();
});

it('makes one line of any words', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }).map((text) => text.replaceAll('\0', ''))), (words) => {
      expect(requestLine(words)).not.toContain('\n');
    }),
  );
  expect(requestLine(["a\n'b", 7])).toBe(`'a'"$nl"''\\''b' 7`);
});

it('reads listeners with their processes, from ss and from /proc', () => {
  const ss = [
    'LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=812,fd=3))',
    'LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:*',
    'LISTEN 0 4096 [::]:6443 [::]:* users:(("kube apiserver",pid=9,fd=7),("x",pid=10,fd=7))',
    'LISTEN 0 4096 *:10250 *:* users:(("kubelet",pid=5,fd=1))',
  ].join('\n');
  expect(parseListeners(ss)).toEqual([
    { address: '0.0.0.0', port: 22, process: 'sshd', pid: 812 },
    { address: '127.0.0.53', port: 53 },
    { address: '::', port: 6443, process: 'kube apiserver', pid: 9 },
    { address: '*', port: 10250, process: 'kubelet', pid: 5 },
  ]);
  const proc = [
    '  sl  local_address rem_address   st tx_queue',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000',
    '   1: 0100007F:1F91 00000000:0000 01 00000000:00000000',
  ].join('\n');
  expect(parseProcTcp(proc)).toEqual([{ address: '127.0.0.1', port: 8080 }]);
  const six = '   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0';
  expect(parseProcTcp(six)).toEqual([{ address: '::', port: 22 }]);
});

it('reads addresses, routes, swap and the clock as hosts print them', () => {
  const facts = parseFacts(
    [
      fact('uname', 'Linux h1 6.1.0 aarch64\n'),
      { words: ['clock', '1800000000123456789'], body: Buffer.alloc(0) },
      fact(
        'addresses',
        [
          '1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever',
          '2: eth0@if7    inet 10.0.0.5/24 brd 10.0.0.255 scope global dynamic eth0\\ valid_lft 1',
          '2: eth0    inet6 fd00::5/64 scope global \\ valid_lft 1',
          '2: eth0    inet6 fe80::1/64 scope link \\ valid_lft 1',
          '3: wg0    inet 10.9.0.1 peer 10.9.0.2/32 scope global wg0',
        ].join('\n'),
      ),
      fact('routes', 'default via 10.0.0.1 dev eth0 proto dhcp metric 100\n10.0.0.0/24 dev eth0\n'),
      fact('swaps', 'Filename\tType\tSize\n/swap.img file 100 0 -2\n'),
      fact('os', 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n'),
      fact('status', 'CapEff:\t000001fffeffffff\nCpus_allowed_list:\t0-2,5\n'),
    ],
    1_800_000_000_000,
  );
  expect(facts).toMatchObject({
    hostname: 'h1',
    arch: 'arm64',
    cpus: 4,
    swaps: ['/swap.img'],
    os: { id: 'debian', versionId: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
    clock: { host: 1_800_000_000_123, here: 1_800_000_000_000 },
    defaultRoute: { interface: 'eth0', gateway: '10.0.0.1', source: '10.0.0.5' },
    features: { capSysResource: false },
  });
  expect(facts.addresses).toEqual([
    { interface: 'eth0', address: '10.0.0.5', prefix: 24 },
    { interface: 'eth0', address: 'fd00::5', prefix: 64 },
    { interface: 'wg0', address: '10.9.0.1', prefix: 32 },
  ]);
});

it('reads a clock without nanoseconds (busybox) as the middle of its second', () => {
  const clock = { words: ['clock', '1800000000%N'], body: Buffer.alloc(0) };
  expect(parseFacts([clock], 0).clock.host).toBe(1_800_000_000_500);
});
