import { describe, expect, test } from 'vitest';
import { takeOver } from '../../../src/kube/apply/managed-fields.ts';

const annotation = { 'f:kubectl.kubernetes.io/last-applied-configuration': {} };
const csa = {
  manager: 'kubectl-client-side-apply',
  operation: 'Update' as const,
  apiVersion: 'v1',
  fieldsV1: {
    'f:data': { '.': {}, 'f:a': {} },
    'f:metadata': { 'f:annotations': { '.': {}, ...annotation } },
  },
};
const ssa = {
  manager: 'kubectl',
  operation: 'Apply' as const,
  apiVersion: 'v1',
  fieldsV1: { 'f:data': { 'f:b': {} } },
};
const status = {
  manager: 'kubectl',
  operation: 'Update' as const,
  subresource: 'status',
  fieldsV1: { 'f:status': {} },
};
const controller = {
  manager: 'controller',
  operation: 'Update' as const,
  fieldsV1: { 'f:data': { 'f:c': {} } },
};

describe('taking over from kubectl', () => {
  test('its entries become one of ours; everybody else keeps theirs', () => {
    expect(takeOver([csa, ssa, status, controller], 'kubewright')).toEqual([
      {
        ...ssa,
        manager: 'kubewright',
        fieldsV1: { ...csa.fieldsV1, 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
      },
      status,
      controller,
    ]);
  });

  test('whoever owns the last-applied annotation applied on the client side', () => {
    const renamed = { ...csa, manager: 'my-kubectl-wrapper' };
    expect(takeOver([renamed], 'kubewright')?.[0]).toMatchObject({
      manager: 'kubewright',
      operation: 'Apply',
    });
  });

  test('only once, and not from others', () => {
    const ours = { ...ssa, manager: 'kubewright' };
    expect(takeOver([ours, csa], 'kubewright')).toBeUndefined();
    expect(takeOver([controller, status], 'kubewright')).toBeUndefined();
    expect(takeOver([csa], 'kubectl')).toBeUndefined();
  });
});
