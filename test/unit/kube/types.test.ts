import { describe, expect, test } from 'vitest';
import { flatten } from '../../../src/kube/discovery.ts';
import type { ResourceType } from '../../../src/kube/port.ts';
import { findType, matchType } from '../../../src/kube/types.ts';

const type = (
  group: string,
  version: string,
  resource: string,
  kind: string,
  more: Partial<ResourceType> = {},
) => ({
  ...{ group, version, resource, kind, singular: kind.toLowerCase(), shortNames: [], categories: [] },
  ...{ namespaced: true, verbs: ['get'], subresources: [], preference: 0 },
  ...more,
});
const types: ResourceType[] = [
  type('example.com', 'v1', 'pods', 'Pod', { preference: 9 }),
  type('', 'v1', 'pods', 'Pod', { shortNames: ['po'] }),
  type('', 'v1', 'events', 'Event', { shortNames: ['ev'] }),
  type('events.k8s.io', 'v1', 'events', 'Event', { preference: 1 }),
  type('apps', 'v1', 'deployments', 'Deployment', { shortNames: ['deploy'], preference: 2 }),
  type('apps', 'v1beta1', 'deployments', 'Deployment', { shortNames: ['deploy'], preference: 3 }),
  type('example.com', 'v1', 'po', 'Po', { preference: 9 }),
];
const found = (query: Parameters<typeof matchType>[1]) => {
  const match = matchType(types, query);
  return match && `${match.resource}.${match.version}.${match.group}`;
};

describe('finding a type', () => {
  test.each([
    ['deploy', 'deployments.v1.apps'],
    ['deployments', 'deployments.v1.apps'],
    ['Deployment', 'deployments.v1.apps'],
    ['deployments.apps', 'deployments.v1.apps'],
    ['deploy.v1beta1.apps', 'deployments.v1beta1.apps'],
    ['deployments.v1.apps', 'deployments.v1.apps'],
    ['pods', 'pods.v1.'],
    ['pods.example.com', 'pods.v1.example.com'],
    ['pods.v1.', 'pods.v1.'],
    ['events', 'events.v1.'],
    ['events.events.k8s.io', 'events.v1.events.k8s.io'],
    ['po', 'po.v1.example.com'],
    ['nothing', undefined],
    ['deployments.nothing', undefined],
  ])('%s is %s', (query, expected) => {
    expect(found(query)).toBe(expected);
  });

  test('by what an object says of itself, in its own version', () => {
    expect(found({ apiVersion: 'apps/v1beta1', kind: 'Deployment' })).toBe('deployments.v1beta1.apps');
    expect(found({ apiVersion: 'v1', kind: 'Pod' })).toBe('pods.v1.');
    expect(found({ apiVersion: 'apps/v2', kind: 'Deployment' })).toBeUndefined();
  });

  test('suggests what was meant', () => {
    const hint = (query: Parameters<typeof findType>[1]) => {
      try {
        findType(types, query);
        return undefined;
      } catch (error) {
        return (error as { hint?: string }).hint;
      }
    };
    expect(hint('deploymets')).toBe('did you mean "deployments"?');
    expect(hint({ apiVersion: 'extensions/v1beta1', kind: 'Deployment' })).toBe(
      'it has Deployment in apps/v1, apps/v1beta1',
    );
    expect(hint({ apiVersion: 'apps/v1', kind: 'Deploymnet' })).toBe('did you mean "Deployment"?');
  });

  test('a group whose server is down is told, the others are there', () => {
    const resource = {
      resource: 'pods',
      responseKind: { group: '', version: 'v1', kind: 'Pod' },
      scope: 'Namespaced' as const,
    };
    const answer = flatten([
      {
        items: [{ metadata: {}, versions: [{ version: 'v1', freshness: 'Current', resources: [resource] }] }],
      },
      {
        items: [{ metadata: { name: 'metrics.k8s.io' }, versions: [{ version: 'v1', freshness: 'Stale' }] }],
      },
    ]);
    expect(answer.types.map((found) => found.resource)).toEqual(['pods']);
    expect(answer.stale).toEqual(['metrics.k8s.io/v1']);
  });
});
