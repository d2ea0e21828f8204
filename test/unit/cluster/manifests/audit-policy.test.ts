import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { textTemplate } from '../../../../src/cluster/manifests/template.ts';

interface Rule {
  level: string;
  users?: string[];
  userGroups?: string[];
  verbs?: string[];
  namespaces?: string[];
  resources?: { group: string; resources?: string[] }[];
  nonResourceURLs?: string[];
}

interface Event {
  user?: string;
  groups?: string[];
  verb: string;
  namespace?: string;
  group?: string;
  resource?: string;
  path?: string;
}

const { rules } = parse(textTemplate('config/audit-policy.yaml')) as { rules: Rule[] };

/** As the API server picks a rule (apiserver/pkg/audit/policy/checker.go): the first that matches. */
function levelOf(event: Event): string | undefined {
  return rules.find((rule) => matches(rule, event))?.level;
}

function matches(
  rule: Rule,
  { user = 'alice', groups = [], verb, namespace = '', group, resource, path }: Event,
) {
  if (rule.users && !rule.users.includes(user)) return false;
  if (rule.userGroups && !rule.userGroups.some((name) => groups.includes(name))) return false;
  if (rule.verbs && !rule.verbs.includes(verb)) return false;
  if (!rule.resources && !rule.nonResourceURLs) return true;
  if (path !== undefined) {
    return (rule.nonResourceURLs ?? []).some((url) =>
      url.endsWith('*') ? path.startsWith(url.slice(0, -1)) : path === url,
    );
  }
  if (rule.namespaces && !rule.namespaces.includes(namespace)) return false;
  return (rule.resources ?? []).some(
    (one) => one.group === (group ?? '') && (!one.resources || one.resources.includes(resource!)),
  );
}

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection'];

describe('the audit policy', () => {
  it.each(['secrets', 'configmaps', 'serviceaccounts/token'])('never keeps what is in %s', (resource) => {
    for (const verb of ['get', 'list', 'watch', ...WRITES])
      expect(levelOf({ verb, resource })).toBe('Metadata');
    expect(levelOf({ verb: 'get', resource, groups: ['system:nodes'], user: 'system:node:w1' })).toBe(
      'Metadata',
    );
  });

  it('never keeps a token that is reviewed', () => {
    expect(levelOf({ verb: 'create', group: 'authentication.k8s.io', resource: 'tokenreviews' })).toBe(
      'Metadata',
    );
  });

  it.each([
    ['rbac.authorization.k8s.io', 'clusterrolebindings'],
    ['admissionregistration.k8s.io', 'validatingwebhookconfigurations'],
    ['certificates.k8s.io', 'certificatesigningrequests/approval'],
  ])('keeps whole who changes what decides on rights: %s', (group, resource) => {
    for (const verb of WRITES) expect(levelOf({ verb, group, resource })).toBe('RequestResponse');
    expect(levelOf({ verb: 'get', group, resource })).toBe('Metadata');
  });

  it.each<[string, Event]>([
    ['probes', { verb: 'get', path: '/livez' }],
    ['events', { verb: 'create', resource: 'events' }],
    [
      'the leases of nodes',
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', groups: ['system:nodes'] },
    ],
    ['the status that nodes report', { verb: 'patch', resource: 'nodes/status', groups: ['system:nodes'] }],
    [
      'the watch of kube-proxy',
      { verb: 'watch', resource: 'services', user: 'system:serviceaccount:kube-system:kube-proxy' },
    ],
  ])('leaves out %s', (_, event) => {
    expect(levelOf(event)).toBe('None');
  });

  it.each<[string, Event]>([
    ['exec into a pod', { verb: 'create', resource: 'pods/exec' }],
    ['a node that is deleted', { verb: 'delete', resource: 'nodes' }],
    [
      'a lease that a person takes',
      { verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'kube-system' },
    ],
    ['a kind that nobody thought of', { verb: 'patch', group: 'example.com', resource: 'things' }],
    ['a path that nobody thought of', { verb: 'get', path: '/debug/pprof' }],
  ])('records %s', (_, event) => {
    expect(levelOf(event)).toBe('Metadata');
  });
});
