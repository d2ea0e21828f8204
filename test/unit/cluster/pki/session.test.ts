import { expect, it } from 'vitest';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { PkiSession } from '../../../../src/cluster/pki/session.ts';
import { FakeHost } from '../../../fakes/fake-host.ts';
import { exampleSpec } from '../example.ts';

const { spec, node } = exampleSpec();
const context = pkiContext(spec, node, { now: new Date(), superAdmin: true });

// Addons and the configuration were "not ready" where their phase ran without `certs`, the only one that looked.
it('without the phase certs the credentials are those that lie on the host', async () => {
  const host = new FakeHost(node.name);
  host.onRun = () => ({ exit: 1 });
  const { write } = await planPki(context, new Map());
  for (const { path, content, mode } of write) host.put(path, content, mode);
  const { ca, certificate } = await new PkiSession(host, context).administrator('super-admin.conf');
  expect(ca).toBe(host.text('/etc/kubernetes/pki/ca.crt'));
  expect(certificate).toContain('BEGIN CERTIFICATE');
});

it('what no host has was not issued', async () => {
  const host = new FakeHost(node.name);
  host.onRun = () => ({ exit: 1 });
  await expect(new PkiSession(host, context).administrator('admin.conf')).rejects.toMatchObject({
    code: 'PkiNotIssued',
    hint: expect.stringContaining('certs and kubeconfig'),
  });
});
