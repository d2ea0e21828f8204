import { expect, test } from 'vitest';
import { artifactsChoice } from '../../../src/cli/artifacts-choice.ts';

const spec = { source: 'download', mirror: 'https://spec.test', delivery: 'upload' } as const;
const environment = { KUBEWRIGHT_ARTIFACTS_SOURCE: 'build', KUBEWRIGHT_ARTIFACTS_MIRROR: 'https://env.test' };
const flags = {
  'artifacts-source': 'auto',
  'artifacts-mirror': 'https://flag.test',
  'artifacts-delivery': 'download',
};

test('flags win over the environment, which wins over the cluster, which wins over the defaults', () => {
  expect(artifactsChoice(flags, environment, spec)).toEqual({
    source: 'auto',
    mirror: 'https://flag.test',
    delivery: 'download',
  });
  expect(artifactsChoice({}, environment, spec)).toEqual({
    source: 'build',
    mirror: 'https://env.test',
    delivery: 'upload',
  });
  expect(artifactsChoice({}, {}, spec)).toEqual(spec);
  expect(artifactsChoice({}, {})).toEqual({ source: 'auto', mirror: '', delivery: 'auto' });
  const empty = { KUBEWRIGHT_ARTIFACTS_SOURCE: '', KUBEWRIGHT_ARTIFACTS_MIRROR: '' };
  expect(artifactsChoice({}, empty, spec)).toEqual(spec);
});
