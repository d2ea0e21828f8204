import { catalogs } from '../../src/artifacts/catalog.ts';
import { allowlist, type Entry } from '../../test/golden/allowlist.ts';

/** What is compared, before where it differs. */
export function compatibilityPage(): string {
  const entries = allowlist();
  const versions = catalogs.map(({ kubernetes }) => kubernetes).join(' and ');
  return [
    '# Compatibility with kubeadm',
    '',
    '<!-- Generated from test/golden/allowlist.yaml by scripts/docs.ts; do not edit. -->',
    '',
    `A kubewright cluster is the cluster that kubeadm would have made, for Kubernetes ${versions}. Tests hold the two`,
    'together, against the real kubeadm of each version:',
    '',
    '- **dry-run** (unit tier): what `kubeadm init --dry-run` would write, as it was recorded by `scripts/golden.ts`:',
    '  static pods and the kubelet\u2019s files, every field of every certificate, kubeconfigs, objects.',
    '- **init**, **worker**, **control-plane** (lab tier): `kubeadm init` and `kubeadm join` on one host, kubewright on',
    '  another of the same kind; then the files below /etc/kubernetes and /var/lib/kubelet with modes and owners,',
    '  certificates, kubeconfigs, static pods, ConfigMaps, RBAC, add-ons, the Node, bootstrap tokens.',
    '',
    `They differ in ${entries.length} things, all of them meant. A difference that is not in this list fails the tests, and so does an`,
    'entry that no longer differs. There is none in certificates and none in RBAC.',
    '',
    '| Where | What differs | Why | Rests on | Shows in |',
    '|---|---|---|---|---|',
    ...entries.map(row),
    '',
  ].join('\n');
}

function row({ item, path, reason, upstream, in: where }: Entry): string {
  const what = path === '' ? 'all of it' : code(path);
  return `| ${code(item)} | ${what} | ${cell(reason)} | ${cell(upstream)} | ${where.join(', ')} |`;
}

function code(text: string): string {
  return `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.trim().replaceAll('\n', ' ').replaceAll('|', '\\|');
}
