import { describe, expect, it } from 'vitest';
import { catalogs } from '../../../../src/artifacts/catalog.ts';
import { pkiContext } from '../../../../src/cluster/pki/context.ts';
import { planPki } from '../../../../src/cluster/pki/plan.ts';
import { AGREED, judge } from '../../../golden/allowlist.ts';
import { differences, golden } from '../../../golden/compare.ts';
import { describeCertificate, describeKubeconfig } from '../../../golden/describe.ts';
import { exampleSpec } from '../example.ts';

describe.each(catalogs)('certificates that kubeadm $kubernetes issues', ({ kubernetes }) => {
  it.each(['ECDSA-P256', 'RSA-2048'] as const)('%s: every field is the same', async (encryptionAlgorithm) => {
    const { write } = await issue(encryptionAlgorithm);
    const ours = write
      .filter(({ path }) => /^\/etc\/kubernetes\/pki\/.*\.(crt|key)$/.test(path))
      .map(({ path, content }) => [
        path.replace('/etc/kubernetes/pki/', ''),
        path.endsWith('.crt') ? describeCertificate(content) : content.split('\n')[0],
      ]);
    expect(JSON.parse(JSON.stringify(Object.fromEntries(ours)))).toEqual(
      JSON.parse(golden(kubernetes, `certificates-${encryptionAlgorithm}.json`)),
    );
  });

  it('kubeconfigs differ only where the allowlist says so', async () => {
    const { write } = await issue('ECDSA-P256');
    const theirs = JSON.parse(golden(kubernetes, 'kubeconfigs.json')) as Record<string, unknown>;
    const found = Object.entries(theirs).flatMap(([name, value]) => {
      const path = `/etc/kubernetes/${name}`;
      const text = write.find((file) => file.path === path)?.content ?? '';
      return differences(path, value, JSON.parse(JSON.stringify(describeKubeconfig(text))));
    });
    const covers = ({ item }: { item: string }) => /^\/etc\/kubernetes\/[\w-]+\.conf$/.test(item);
    expect(judge(found, 'dry-run', covers)).toEqual(AGREED);
  });

  it('the kubelet gets the certificate that kubeadm puts into its kubeconfig', async () => {
    const { write, links } = await issue('ECDSA-P256');
    const theirs = JSON.parse(golden(kubernetes, 'kubeconfigs.json'))['kubelet.conf'].users[0].user;
    const file = write.find(({ path }) => path === links[0]?.target);
    expect(JSON.parse(JSON.stringify(describeCertificate(file!.content)))).toEqual(
      theirs['client-certificate-data'],
    );
  });
});

describe('a control plane that joins', () => {
  it('gives the kubelet the key usage that it would have asked for itself', async () => {
    const { write, links } = await issue('ECDSA-P256', { superAdmin: false });
    const file = write.find(({ path }) => path === links[0]?.target);
    const digitalSignature = 1;
    expect(describeCertificate(file!.content)).toMatchObject({
      keyUsage: digitalSignature,
      subject: [{ O: ['system:nodes'] }, { CN: ['system:node:cp1'] }],
    });
  });
});

function issue(encryptionAlgorithm: 'ECDSA-P256' | 'RSA-2048', { superAdmin } = { superAdmin: true }) {
  const { spec, node } = exampleSpec({ encryptionAlgorithm });
  const context = pkiContext(spec, node, { now: new Date(), superAdmin });
  return planPki(context, new Map());
}
