// As golden.ts, for a configuration that uses what kubeadm has: arguments, environment, volumes, gates, names, two
// families, add-ons left out, patches.   node scripts/golden-rich.ts PATH/TO/kubeadm [FOLDER OF kubelet]
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { CA_DIRECTORIES } from '../src/cluster/manifests/static-pods.ts';
import { describeCertificate } from '../test/golden/describe.ts';

const golden = join(import.meta.dirname, '../test/golden/kubeadm-1.37.2-rich');
const [kubeadm, tools = dirname(kubeadm ?? '')] = process.argv.slice(2);
if (!kubeadm) throw new Error('usage: golden-rich.ts PATH/TO/kubeadm [FOLDER OF kubelet]');

const folder = mkdtempSync(join(tmpdir(), 'kubeadm-golden-'));
const input = join(folder, 'input.yaml');
const config = readFileSync(join(golden, 'config.yaml'), 'utf8');
writeFileSync(input, config.replace('PATCHES', join(golden, 'patches')));
const output = execFileSync(
  kubeadm,
  ['init', '--dry-run', `--config=${input}`, '--ignore-preflight-errors=all'],
  {
    env: { PATH: `${tools}:${process.env.PATH}`, KUBEADM_INIT_DRYRUN_DIR: folder },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  },
);

const files = join(golden, 'files');
rmSync(files, { recursive: true, force: true });
mkdirSync(files);
for (const name of ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'config']) {
  writeFileSync(join(files, `${name}.yaml`), readFileSync(join(folder, `${name}.yaml`)));
}
writeFileSync(join(golden, 'objects.yaml'), objects(output));
const names = ['apiserver', 'etcd/server', 'etcd/peer'];
const certificates = names.map((name) => [
  name,
  describeCertificate(readFileSync(join(folder, `${name}.crt`), 'utf8')),
]);
writeJson('certificates.json', Object.fromEntries(certificates));
writeJson('host.json', { caDirectories: CA_DIRECTORIES.filter((path) => existsSync(path)) });
rmSync(folder, { recursive: true });

/** The ConfigMaps and workloads that the configuration reaches. */
function objects(text: string): string {
  const shown = /^\[dryrun\] Attached object:\n([\s\S]*?)\n(?=\[|\n)/gm;
  const wanted =
    /^kind: (ConfigMap|DaemonSet|Deployment)$[\s\S]*^ {2}name: (kubeadm-config|kube-proxy|coredns)$/m;
  return [...text.matchAll(shown)]
    .map(([, object]) => object!)
    .filter((object) => wanted.test(object))
    .join('\n---\n')
    .concat('\n');
}

function writeJson(name: string, value: unknown): void {
  writeFileSync(join(golden, name), `${JSON.stringify(value, undefined, 2)}\n`);
}
