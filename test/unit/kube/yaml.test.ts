import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KubewrightError } from '../../../src/base/errors.ts';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { parseJson, stringifyJson } from '../../../src/kube/json.ts';
import { readDocuments, readManifests, toYaml } from '../../../src/kube/yaml.ts';

interface Golden {
  read: { yaml: string; json?: string; error?: true }[];
  print: { value: unknown; yaml: string }[];
}
const golden = JSON.parse(readFileSync('test/golden/kube/yaml.json', 'utf8')) as Golden;

function refusal(text: string | Uint8Array): KubewrightError {
  try {
    readManifests(text, 'x.yaml');
  } catch (error) {
    return error as KubewrightError;
  }
  throw new Error('was accepted');
}

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, item]) => [key, sorted(item)]),
  );
};

describe('as kubectl', () => {
  test.each(golden.read)('reads $yaml', ({ yaml, json, error }) => {
    if (error) expect(() => readDocuments(yaml, 'x')).toThrow();
    else
      expect(stringifyJson(sorted(readDocuments(yaml, 'x')[0]?.value ?? null))).toBe(
        stringifyJson(sorted(parseJson(json!))),
      );
  });

  test.each(golden.print)('prints $yaml', ({ value, yaml }) => {
    expect(toYaml(value)).toBe(yaml);
  });

  test('what is printed reads back as the same', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((s) => !/[\r\x85\u2028\u2029]/.test(s));
    const value = fc.dictionary(
      fc.string({ minLength: 1 }),
      fc.oneof(
        text,
        fc.integer(),
        fc.boolean(),
        fc.constant(null),
        fc.array(text),
        fc.dictionary(text, text),
      ),
    );
    fc.assert(
      fc.property(value, (object) => {
        expect(readDocuments(toYaml({ object }), 'x')[0]?.value).toEqual({ object: { ...object } });
      }),
    );
  });
});

const map = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\n`;

describe('manifests', () => {
  test('know their file and line, across documents, empty ones and lists', () => {
    const text = `# first\n${map('a')}---\n---\n# nothing\n---\nkind: List\napiVersion: v1\nitems:\n- ${map('b').replaceAll('\n', '\n  ')}\n`;
    const read = readManifests(text, 'all.yaml');
    expect(read.map(({ object, line }) => [object.metadata.name, line])).toEqual([
      ['a', 2],
      ['b', 12],
    ]);
    expect(read[0]?.source).toBe('all.yaml');
  });

  test('byte order mark and CRLF change nothing', () => {
    const plain = readManifests(map('a'), 'x')[0]?.object;
    const odd = Buffer.from(`\uFEFF${map('a').replaceAll('\n', '\r\n')}`);
    expect(readManifests(odd, 'x')[0]?.object).toEqual(plain);
  });

  test('several JSON objects after each other, with tabs', () => {
    const json = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }, null, '\t');
    expect(readManifests(`${json}\n${json}`, 'x').map(({ line }) => line)).toEqual([1, 8]);
  });

  test('integers beyond 2^53 reach the wire digit by digit', () => {
    const { object } = readManifests(`${map('a')}spec: {big: 9007199254740993, m: 1.5}\n`, 'x')[0]!;
    expect(stringifyJson(object.spec)).toBe('{"big":9007199254740993,"m":1.5}');
    expect(stringifyJson(parseJson('{"a":[-9223372036854775808,18446744073709551615]}'))).toBe(
      '{"a":[-9223372036854775808,18446744073709551615]}',
    );
  });

  test('__proto__ and constructor are data', () => {
    const { object } = readManifests(
      `${map('a')}data: {__proto__: {polluted: yes}, constructor: x}\n`,
      'x',
    )[0]!;
    expect(Object.keys(object.data as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(stringifyJson(object.data)).toBe('{"__proto__":{"polluted":true},"constructor":"x"}');
  });
});

describe('refused, with file, line and column', () => {
  test.each([
    ['tab as indentation', `${map('a')}data:\n\ta: b\n`, 'x.yaml:5:1: '],
    ['NUL', `${map('a')}data: "\0"\n`, 'x.yaml:4:8: a control character'],
    ['duplicate key', `${map('a')}data: {a: 1, b: 2, a: 3}\n`, 'x.yaml:4:20: the key "a" stands here twice'],
    [
      'duplicate key in JSON',
      '{"kind":"X","apiVersion":"v1",\n"kind":"Y"}',
      'x.yaml:2:1: the key "kind" stands',
    ],
    ['cut-off document', `${map('a')}data: {a: "b\n`, 'x.yaml:'],
    ['unknown anchor', `${map('a')}data: *nowhere\n`, 'x.yaml:4:7: '],
    ['anchor in itself', `${map('a')}data: &a [*a]\n`, 'x.yaml:4:11: anchor "a" contains itself'],
    ['no kind', 'apiVersion: v1\nmetadata: {}\n', 'x.yaml:1:1: the object has no kind'],
    ['no object', 'just text\n', 'x.yaml:1:1: an object'],
    [
      'number as a name',
      'apiVersion: v1\nkind: A\nmetadata: {name: 12}\n',
      'x.yaml:1:1: metadata.name has to be text',
    ],
    ['second document', `${map('a')}---\na: b: c\n`, 'x.yaml:5:'],
  ])('%s', (_what, text, message) => {
    const error = refusal(text);
    expect(error.message).toContain(message);
    expect(error.code).toBe('ManifestInvalid');
    expect(error.exit).toBe(EXIT.invalidInput);
  });

  test('the line itself is the evidence', () => {
    expect(refusal(`${map('a')}data: {a: 1, a: 3}\n`).evidence).toBe('data: {a: 1, a: 3}');
  });

  test('bad UTF-8', () => {
    const bytes = Buffer.concat([
      Buffer.from(`${map('a')}data: "`),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"\n'),
    ]);
    expect(refusal(bytes).message).toContain('x.yaml:4:8: not valid UTF-8');
  });

  test('billion laughs (CVE-2019-11253)', () => {
    const levels = Array.from(
      { length: 12 },
      (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(',')}]`,
    );
    expect(refusal(`${map('x')}a0: &a0 lol\n${levels.join('\n')}\n`).message).toContain('too many aliases');
  });

  test('merge keys that multiply (CVE-2026-84375)', () => {
    const levels = Array.from(
      { length: 3000 },
      (_, i) => `m${i + 1}: &m${i + 1} {<<: [*m${i}, *m${i}, *m${i}], k${i}: 1}`,
    );
    expect(refusal(`${map('x')}m0: &m0 {a: 1}\n${levels.join('\n')}\n`).message).toContain(
      'too many aliases',
    );
  });

  test('nesting without end', () => {
    expect(refusal(`${map('x')}data: ${'['.repeat(20_000)}`).code).toBe('ManifestInvalid');
  });

  test('any bytes give manifests or a clean refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          readManifests(bytes, 'x');
        } catch (error) {
          expect((error as KubewrightError).code).toBe('ManifestInvalid');
        }
      }),
    );
  });
});
