import { describe, expect, it } from 'vitest';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { allowlist, differences, golden } from '../../../golden/compare.ts';
import { describeCertificate, describeKubeconfig } from '../../../golden/describe.ts';
import { exampleSpec } from '../example.ts';

describe('certificates that kubeadm 1.37.2 issues', () => {
  it.each(['ECDSA-P256', 'RSA-2048'] as const)('%s: every field is the same', async (encryptionAlgorithm) => {
    const { write } = await issue(encryptionAlgorithm);
    const ours = write
      .filter(({ path }) => /^\/etc\/kubernetes\/pki\/.*\.(crt|key)$/.test(path))
      .map(({ path, content }) => [
        path.replace('/etc/kubernetes/pki/', ''),
        path.endsWith('.crt') ? describeCertificate(content) : content.split('\n')[0],
      ]);
    expect(JSON.parse(JSON.stringify(Object.fromEntries(ours)))).toEqual(
      JSON.parse(golden(`certificates-${encryptionAlgorithm}.json`)),
    );
  });

  it('kubeconfigs differ only where the allowlist says so', async () => {
    const { write } = await issue('ECDSA-P256');
    const theirs = JSON.parse(golden('kubeconfigs.json')) as Record<string, unknown>;
    const found = Object.entries(theirs).flatMap(([name, value]) => {
      const text = write.find(({ path }) => path === `/etc/kubernetes/${name}`)?.content ?? '';
      return differences(`kubeconfigs/${name}`, value, JSON.parse(JSON.stringify(describeKubeconfig(text))));
    });
    const order = (a: object, b: object) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
    expect(found.sort(order)).toEqual(
      allowlist('kubeconfigs/')
        .map(({ item, path }) => ({ item, path }))
        .sort(order),
    );
  });

  it('the kubelet gets the certificate that kubeadm puts into its kubeconfig', async () => {
    const { write, links } = await issue('ECDSA-P256');
    const theirs = JSON.parse(golden('kubeconfigs.json'))['kubelet.conf'].users[0].user;
    const file = write.find(({ path }) => path === links[0]?.target);
    expect(JSON.parse(JSON.stringify(describeCertificate(file!.content)))).toEqual(
      theirs['client-certificate-data'],
    );
  });
});

function issue(encryptionAlgorithm: 'ECDSA-P256' | 'RSA-2048') {
  const { spec, node } = exampleSpec({ encryptionAlgorithm });
  const context = pkiContext(spec, node, { now: new Date(), superAdmin: true });
  return planPki(context, new Map());
}
