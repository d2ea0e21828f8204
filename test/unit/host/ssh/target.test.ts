import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTarget, parseTarget } from '../../../../src/host/ssh/target.ts';

describe('parseTarget', () => {
  it.each([
    ['node1', { host: 'node1' }],
    ['root@node1', { host: 'node1', user: 'root' }],
    ['deploy@10.0.0.1:2222', { host: '10.0.0.1', user: 'deploy', port: 2222 }],
    ['[::1]:22', { host: '::1', port: 22 }],
    ['u@[fd00::1]', { host: 'fd00::1', user: 'u' }],
    ['fd00::1', { host: 'fd00::1' }],
    ['fe80::1%eth0', { host: 'fe80::1%eth0' }],
    ['name@corp.example@host', { host: 'host', user: 'name@corp.example' }],
    ['my_alias', { host: 'my_alias' }],
  ])('reads %s', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
    expect(parseTarget(formatTarget(parseTarget(text)))).toEqual(expected);
  });

  it.each([
    '',
    '@h',
    'u@',
    '-oProxyCommand=reboot',
    'u@-oProxyCommand=x',
    '-u@h',
    '$(reboot)',
    'a`b`',
    'a;b',
    'a b',
    'a\nb',
    'a\tb',
    'h\0',
    "h'x",
    'h"x',
    'h|x',
    'h&',
    'u;x@h',
    'u\u001b[2J@h',
    'h:0',
    'h:65536',
    'h:22x',
    'h:',
    'h:-1',
    '[h]:22',
    '[::1',
    '::1]:22',
    '%h',
    '../etc',
    'ssh://h',
    'a'.repeat(254),
    'hé',
  ])('refuses %j', (text) => {
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({ code: 'InvalidTarget', exit: 23 }));
  });

  it('B28: never lets through what a shell, an option parser or a terminal could read as something else', () => {
    const nasty = fc.string({ unit: fc.constantFrom(...'aZ0.-_@:[]%/$`;&|<>"\'\\ \t\n\0\u001b~*?#!=(){}') });
    fc.assert(
      fc.property(nasty, (text) => {
        let target: ReturnType<typeof parseTarget>;
        try {
          target = parseTarget(text);
        } catch (error) {
          expect(error).toMatchObject({ code: 'InvalidTarget' });
          return;
        }
        expect(target.host).toMatch(/^[A-Za-z0-9_:][A-Za-z0-9._:%-]*$/);
        expect(target.user ?? 'u').toMatch(/^[A-Za-z0-9_][A-Za-z0-9._@+-]*$/);
      }),
      { numRuns: 2000 },
    );
  });
});
