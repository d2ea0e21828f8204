import fc from 'fast-check';
import { expect, it } from 'vitest';
import { KubewrightError } from '../../../../src/base/errors.ts';
import { toDocument } from '../../../../src/cluster/spec/document.ts';
import { readClusterFile } from '../../../../src/cluster/spec/file.ts';
import { clusterText } from '../../../../src/cluster/spec/print.ts';
import { readConfig } from '../../../../src/cluster/spec/read.ts';
import { resolveSpec } from '../../../../src/cluster/spec/resolve.ts';
import { toYaml } from '../../../../src/kube/yaml.ts';
import { clusterInput } from './arbitrary-input.ts';

it('what is printed of any specification, by us or as kubectl prints, is read as the same', () => {
  fc.assert(
    fc.property(clusterInput, (input) => {
      for (const text of [clusterText(input), toYaml(toDocument(input)), JSON.stringify(toDocument(input))])
        expect(readClusterFile(text, 'c.yaml').input).toEqual(input);
    }),
    { numRuns: 50 },
  );
});

it('a whole specification survives it too', () => {
  fc.assert(
    fc.property(clusterInput, (input) => {
      const spec = resolveSpec({ ...input, caCertificateValidity: '87600h' });
      expect(resolveSpec(readClusterFile(clusterText(spec), 'c.yaml').input)).toEqual(spec);
    }),
    { numRuns: 20 },
  );
});

const junk = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(
    '---\n',
    '\t',
    '&a ',
    '*a',
    '<<: ',
    '{',
    '[',
    '? ',
    '!!binary ',
    '|2\n',
    '"',
    '- ',
    ': ',
    '__proto__: ',
    '~',
    '1e999',
  ),
  fc.constantFrom('kubeadm.k8s.io/v1beta4', 'kind: InitConfiguration\n', 'hosts: [[]]\n', 'spec:\n'),
);
const broken = fc
  .tuple(
    clusterInput.map(clusterText),
    fc.array(fc.tuple(fc.nat(), fc.nat({ max: 30 }), junk), { maxLength: 4 }),
  )
  .map(([text, cuts]) =>
    cuts.reduce((sum, [at, length, piece]) => {
      const start = at % (sum.length + 1);
      return sum.slice(0, start) + piece + sum.slice(start + length);
    }, text),
  );

it('nothing that stands in a file is taken for a defect of ours', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        broken,
        junk,
        fc.json(),
        broken.map((text) =>
          text
            .replace('kubewright.dev/v1alpha1', 'kubeadm.k8s.io/v1beta4')
            .replace('kind: Cluster', 'kind: ClusterConfiguration'),
        ),
      ),
      (text) => {
        try {
          const { input, warnings } = readConfig(text, 'c.yaml');
          expect(Array.isArray(warnings)).toBe(true);
          clusterText(input);
        } catch (error) {
          if (!(error instanceof KubewrightError)) throw error;
          expect(error.code).toBe('InvalidClusterFile');
          expect(error.message).toMatch(/^c\.yaml/);
        }
      },
    ),
    { numRuns: 200 },
  );
});
