import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readClusterFile } from '../../../../src/cluster/spec/file.ts';
import { clusterText } from '../../../../src/cluster/spec/print.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import { readDocuments } from '../../../../src/kube/yaml.ts';

// That page and schema are fresh is shown by test/unit/manifest.test.ts.
const root = join(import.meta.dirname, '../../../..');
const textOf = (file: string) => readFileSync(join(root, file), 'utf8');
const schema = z.fromJSONSchema(JSON.parse(textOf('docs/reference/cluster.schema.json')));
const accepts = (text: string) => schema.safeParse(readDocuments(text, 'c.yaml')[0]?.value).success;

describe('an example of the reference', () => {
  it.each(readdirSync(join(root, 'examples/cluster')))('%s can be built', (name) => {
    const file = `examples/cluster/${name}`;
    const read = readClusterFile(textOf(file), file);
    expect(read.warnings).toEqual([]);
    expect(resolveSpec(read.input, undefined, read).hosts.length).toBeGreaterThan(0);
    expect(accepts(textOf(file))).toBe(true);
    const [, place = ''] = /^# yaml-language-server: \$schema=(\S+)\n/.exec(textOf(file)) ?? [];
    expect(existsSync(resolve(root, dirname(file), place))).toBe(true);
  });
});

describe('the JSON Schema', () => {
  it('takes the whole specification as it is printed', () => {
    expect(accepts(clusterText(resolveSpec({ hosts: [{ name: 'w1' }] })))).toBe(true);
  });

  it.each([
    'unknown-field',
    'no-name',
    'enum',
    'port-out-of-range',
    'feature-gate-name',
    'host-as-text',
    'future-version',
    'argument-as-number',
  ])('refuses what is wrong by itself: %s', (name) => {
    expect(accepts(textOf(`test/golden/cluster-files/${name}.yaml`))).toBe(false);
  });

  it('says what every field is', () => {
    const bare: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const { properties = {}, items } = node as {
        properties?: Record<string, { description?: string }>;
        items?: unknown;
      };
      for (const [name, field] of Object.entries(properties)) {
        if (!field.description) bare.push(`${path}.${name}`);
        visit(field, `${path}.${name}`);
      }
      visit(items, `${path}[]`);
    };
    visit(JSON.parse(textOf('docs/reference/cluster.schema.json')).properties.spec, 'spec');
    expect(bare).toEqual([]);
  });
});
