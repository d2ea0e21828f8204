import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JsonPath, JsonPathError, relaxedPath } from '../../../../src/output/printers/jsonpath.ts';

const NODES = {
  kind: 'List',
  items: [
    {
      metadata: { name: 'n1', labels: { 'kubernetes.io/hostname': 'h1' } },
      capacity: { cpu: '4' },
      addresses: [
        { type: 'InternalIP', address: '10.0.0.1' },
        { type: 'Hostname', address: 'n1' },
      ],
      x: 4,
      y: null,
    },
    {
      metadata: { name: 'n2' },
      capacity: { cpu: '8' },
      addresses: [],
      x: -2,
      z: 1.5,
      big: 9007199254740993n,
    },
  ],
  users: [
    { name: 'me', password: 'a)b' },
    { name: "o'hara", admin: true },
  ],
  numbers: [1, 2.5, 3, 4],
  empty: [],
  html: '<b>&',
};

it.each([
  ['plain text', 'plain text'],
  ['{.kind}', 'List'],
  ['{ .kind }', 'List'],
  ['{$.kind} {@.kind}', 'List List'],
  ['before-{.nope}after', 'before-after'],
  ['{.items[*].metadata.name}', 'n1 n2'],
  ['{.items[0].metadata.labels.kubernetes\\.io/hostname}', 'h1'],
  ["{.items[0].metadata.labels['kubernetes\\.io/hostname']}", 'h1'],
  ["{.items[*]['metadata.name', 'capacity']}", 'n1 n2 {"cpu":"4"} {"cpu":"8"}'],
  ['{range .items[*]}{.metadata.name}, {end}{.kind}', 'n1, n2, List'],
  ['{range .items[*]}[{.metadata.name}{"\\t"}{.x}]{"\\n"}{end}', '[n1\t4]\n[n2\t-2]\n'],
  ['{range .items[*]}{range .addresses[*]}{.address};{end}{end}.', '10.0.0.1;n1;.'],
  ['{range.items[*]}{.x}{end}', '4-2'],
  ['{range .empty[*]}never{end}done', 'done'],
  ['{.numbers}', '[1,2.5,3,4]'],
  ['{.numbers[1:3]}', '2.5 3'],
  ['{.numbers[:2]}', '1 2.5'],
  ['{.numbers[-1:]}', '4'],
  ['{.numbers[-1]}', '4'],
  ['{.numbers[::2]}', '1 3'],
  ['{.numbers[0,3]}', '1 4'],
  ['{.numbers[2:2]}', ''],
  ['{.items[?(@.x>0)].metadata.name}', 'n1'],
  ['{.items[?(@.x<=4)].metadata.name}', 'n1 n2'],
  ['{.items[?(@.z)].metadata.name}', 'n2'],
  ['{.users[?(@.name=="me")].password}', 'a)b'],
  ['{.users[?(@.name=="me")]}', '{"name":"me","password":"a)b"}'],
  ['{.users[?(@.name!="me")].admin}', 'true'],
  ['{.users[?(@.password=="a)b")].name}', 'me'],
  ['{.users[?(@.admin==true)].name}', "o'hara"],
  ["{.users[?(@.name=='me')].name}", 'me'],
  ['{..address}', '10.0.0.1 n1'],
  ['{.items[0].y}', 'null'],
  ['{.items[1].big}', '9007199254740993'],
  ['{.capacity.*}', ''],
  ['{.items[0].capacity.*}', '4'],
  ['{"{"}{"a\\"b"}', '{a"b'],
  ['{.html}', '<b>&'],
  ['{.users[5:5]}', ''],
])('%s', (template, text) => {
  expect(new JsonPath(template).print(NODES)).toBe(text);
});

it.each([
  ['{.a', 'unclosed action'],
  ['{nope}', 'unrecognized identifier nope'],
  ['{end}', 'not in range, nothing to end'],
  ['{.a[0}', 'unterminated array'],
  ['{.a[x]}', 'invalid array index x'],
  ['{"a}', 'unterminated quoted string'],
  ['{.a[?(@.b<>1)]}', 'unrecognized filter operator <>'],
  ['{.a[?(@.b]}', 'unterminated filter'],
  ['{....a}', 'invalid multiple recursive descent'],
  ['{!}', "unrecognized character in action: U+0021 '!'"],
  ['{.numbers[9]}', 'array index out of bounds: index 9, length 4'],
  ['{.kind[0]}', 'string is not array or slice'],
  ['{.items[?(@.x=="4")]}', 'incompatible types for comparison'],
])('%s is an error', (template, message) => {
  expect(() => new JsonPath(template).print(NODES)).toThrow(new JsonPathError(message));
});

it('says that a field is missing where it is asked to', () => {
  expect(() => new JsonPath('{.nope}').print(NODES, { strict: true })).toThrow('nope is not found');
});

it('never runs code, whatever the expression', () => {
  for (const text of ['{.constructor}', '{.__proto__}', '{.items.length}', '{.toString}'])
    expect(new JsonPath(text).print(NODES)).toBe('');
});

it('any text is either read or refused in words', () => {
  const part = fc.constantFrom(
    '{',
    '}',
    '.a',
    '[0]',
    '[',
    ']',
    '..',
    '?(@.a=="b")',
    '"',
    "'",
    'range',
    'end',
    ' ',
    '*',
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(part, fc.string({ maxLength: 3 })), { maxLength: 12 }), (parts) => {
      try {
        new JsonPath(parts.join('')).print({ a: [{ a: 'b' }] });
      } catch (error) {
        expect(error).toBeInstanceOf(JsonPathError);
      }
    }),
  );
});

it('an expression may leave out braces and the first dot', () => {
  for (const text of ['a.b', '.a.b', '{a.b}', '{.a.b}']) expect(relaxedPath(text)).toBe('{.a.b}');
  expect(() => relaxedPath('{a}{b}')).toThrow('unexpected path string');
});
