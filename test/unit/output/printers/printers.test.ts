import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  parseColumns,
  parseColumnsFile,
  writeHeaders,
  writeRow,
} from '../../../../src/output/printers/custom-columns.ts';
import { goText } from '../../../../src/output/printers/go-text.ts';
import { toCompactJson, toJson } from '../../../../src/output/printers/json.ts';
import { objectName } from '../../../../src/output/printers/name.ts';
import { TabWriter } from '../../../../src/output/printers/tab-writer.ts';
import { type Table, TablePrinter } from '../../../../src/output/printers/table.ts';
import { cellText } from '../../../../src/output/printers/terminal.ts';

it('JSON is sorted by bytes, with integer-like keys among the others, and escapes HTML', () => {
  const value = { b: 1, a: { 10: 'x', 9: '<&>' }, n: 9007199254740993n, e: [], o: {}, u: undefined };
  expect(toCompactJson(value)).toBe(
    '{"a":{"10":"x","9":"\\u003c\\u0026\\u003e"},"b":1,"e":[],"n":9007199254740993,"o":{}}',
  );
  expect(toJson({ a: [1, { b: null }] })).toBe(
    '{\n    "a": [\n        1,\n        {\n            "b": null\n        }\n    ]\n}\n',
  );
});

it('JSON means what it was made from', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(toJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(JSON.parse(toCompactJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it.each([
  [null, '<nil>'],
  [true, 'true'],
  [1000000, '1000000'],
  [0.00001, '1e-05'],
  [2.5, '2.5'],
  [['a', 1], '[a 1]'],
  [{ b: 1, a: [null] }, 'map[a:[<nil>] b:1]'],
])('Go prints %j as %s', (value, text) => {
  expect(goText(value)).toBe(text);
});

it('columns are runs of neighbouring lines, at least six wide, three apart', () => {
  const rows = new TabWriter();
  rows.write('a\tb\nlonger\tcolumn\tx\n\nshort\tlast\n');
  expect(rows.take()).toBe('a        b\nlonger   column   x\n\nshort    last\n');
  rows.write('q\tr\n');
  expect(rows.take()).toBe('q        r\n');
  rows.reset();
  rows.write('q\tr\n');
  expect(rows.take()).toBe('q     r\n');
});

const TABLE: Table = {
  columnDefinitions: [
    { name: 'Name', type: 'string', format: 'name' },
    { name: 'Ready', type: 'string' },
    { name: 'Node', type: 'string', priority: 1 },
  ],
  rows: [
    { cells: ['web-1', '1/1', 'w1'], object: { metadata: { namespace: 'default', labels: { app: 'web' } } } },
    { cells: ['longer-name', null, 'w2'], object: { metadata: { namespace: 'kube-system' } } },
  ],
};

function table(options: object, tables: [Table, string?][] = [[TABLE]]): string {
  const rows = new TabWriter();
  const printer = new TablePrinter(options);
  for (const [one, event] of tables) printer.print(one, rows, event);
  return rows.take();
}

it('tables have the columns that are asked for', () => {
  expect(table({})).toBe('NAME          READY\nweb-1         1/1\nlonger-name   \n');
  expect(table({ wide: true })).toContain('NAME          READY   NODE\nweb-1         1/1     w1\n');
  expect(table({ noHeaders: true })).toBe('web-1         1/1\nlonger-name   \n');
  expect(table({ withNamespace: true }).split('\n')[1]).toBe('default       web-1         1/1');
  expect(table({ kind: 'Pod' }).split('\n')[1]).toBe('pod/web-1         1/1');
  expect(table({ labelColumns: ['example.com/app', 'app'] }).split('\n')[0]).toBe(
    'NAME          READY   APP   APP',
  );
  expect(table({ showLabels: true }).split('\n')[2]).toBe('longer-name           <none>');
});

it('headers come once, and not at all where there are no rows', () => {
  const more: Table = { columnDefinitions: [], rows: [{ cells: ['x', '0/1', ''] }] };
  expect(table({}, [[TABLE], [more]]).match(/NAME/g)).toHaveLength(1);
  expect(table({}, [[{ ...TABLE, rows: [] }]])).toBe('');
  expect(
    table({}, [
      [TABLE, 'ADDED'],
      [more, 'DELETED'],
    ]).split('\n')[3],
  ).toMatch(/^DELETED {4}x/);
});

it('a cell cannot drive the terminal or break its line', () => {
  expect(cellText('\u001b[2Jx')).toBe('^[[2Jx');
  expect(cellText('one\ntwo')).toBe('one...');
  const rows = [{ cells: ['a\u001b]0;x', 'b\r\nc', ''] }];
  expect(table({ noHeaders: true }, [[{ ...TABLE, rows }]])).toContain('a^[]0;x');
});

it('custom columns', () => {
  const object = { metadata: { name: 'a' }, list: [1, 'x'], esc: '\u001b' };
  const rows = new TabWriter();
  const columns = parseColumns('N:.metadata.name,L:list,EACH:{.list[*]},X:.nope,E:.esc');
  writeHeaders(columns, rows);
  writeRow(columns, object, rows);
  expect(rows.take()).toBe('N     L       EACH   X        E\na     [1 x]   1,x    <none>   ^[\n');
  expect(parseColumnsFile('A B\nmetadata.name .list\n').map(({ header }) => header)).toEqual(['A', 'B']);
  expect(() => parseColumns('A')).toThrow('expected <header>:<json-path-expr>');
  expect(() => parseColumnsFile('A B\n.a\n')).toThrow("don't match");
});

it('names', () => {
  expect(objectName('apps/v1', 'Deployment', 'web')).toBe('deployment.apps/web');
  expect(objectName('v1', 'Pod', undefined)).toBe('pod/<unknown>');
});
