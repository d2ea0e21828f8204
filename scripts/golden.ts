// Runs the real kubeadm (`init --dry-run`) and writes down what it would have made. Needs root, changes nothing else.
//   node scripts/golden.ts v1.37.2
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { openStore } from '../src/artifacts/store.ts';
import { CA_DIRECTORIES } from '../src/cluster/manifests/static-pods.ts';
import { silent } from '../src/output/events.ts';
import { describeCertificate, describeKubeconfig } from '../test/golden/describe.ts';

const [version] = process.argv.slice(2);
if (!version) throw new Error('usage: golden.ts v1.37.2');
const store = openStore({ env: process.env, reporter: silent });
const kubeadm = (await store.binary('kubeadm', undefined, version)).path;
// kubeadm asks the kubelet for its version, and finds it by its name.
const tools = mkdtempSync(join(tmpdir(), 'kubeadm-golden-tools-'));
symlinkSync((await store.binary('kubelet', undefined, version)).path, join(tools, 'kubelet'));

const folder = join(import.meta.dirname, '../test/golden');
const golden = join(folder, `kubeadm-${version.slice(1)}`);
const config = readFileSync(join(folder, 'config.yaml'), 'utf8').replace('VERSION', version);
const files = join(golden, 'files');
rmSync(files, { recursive: true, force: true });
mkdirSync(files, { recursive: true });

const ecdsa = dryRun(config);
for (const name of [
  'etcd.yaml',
  'kube-apiserver.yaml',
  'kube-controller-manager.yaml',
  'kube-scheduler.yaml',
  'config.yaml',
  'instance-config.yaml',
  'kubeadm-flags.env',
]) {
  writeFileSync(join(files, name), readFileSync(join(ecdsa.folder, name)));
}
writeJson('certificates-ECDSA-P256.json', certificates(ecdsa.folder));
writeJson('kubeconfigs.json', kubeconfigs(ecdsa.folder));
writeFileSync(
  join(golden, 'objects.yaml'),
  objects(ecdsa.output)
    .map((object) => stringify(object))
    .join('---\n'),
);
const caDirectories = CA_DIRECTORIES.filter((path) => existsSync(path));
writeJson('host.json', { hostname: hostname() === 'cp1' ? 'cp1' : 'another', caDirectories });
const rsa = dryRun(config.replace('ECDSA-P256', 'RSA-2048'));
writeJson('certificates-RSA-2048.json', certificates(rsa.folder));
for (const made of [tools, ecdsa.folder, rsa.folder]) rmSync(made, { recursive: true });

function dryRun(text: string): { folder: string; output: string } {
  const folder = mkdtempSync(join(tmpdir(), 'kubeadm-golden-'));
  const file = join(folder, 'input.yaml');
  writeFileSync(file, text);
  const output = execFileSync(
    kubeadm,
    ['init', '--dry-run', `--config=${file}`, '--ignore-preflight-errors=all'],
    {
      env: { PATH: `${tools}:${process.env.PATH}`, KUBEADM_INIT_DRYRUN_DIR: folder },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  return { folder, output };
}

function certificates(folder: string): Record<string, unknown> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return Object.fromEntries(
    names
      .sort()
      .filter((name) => /\.(crt|key)$/.test(name))
      .map((name) => {
        const text = readFileSync(join(folder, name), 'utf8');
        return [name, name.endsWith('.crt') ? describeCertificate(text) : text.split('\n')[0]];
      }),
  );
}

function kubeconfigs(folder: string): Record<string, unknown> {
  const names = readdirSync(folder)
    .filter((name) => name.endsWith('.conf'))
    .sort();
  return Object.fromEntries(
    names.map((name) => [name, describeKubeconfig(readFileSync(join(folder, name), 'utf8'))]),
  );
}

/** The objects that kubeadm would create, with what differs from run to run put under a fixed name. */
function objects(output: string): unknown[] {
  const shown =
    /Would perform action CREATE on resource.*\n(?:\[dryrun\] Resource.*\n)?\[dryrun\] Attached object:\n([\s\S]*?)\n(?=\[|\n)/g;
  return [...output.matchAll(shown)].map(([, text]) =>
    parse(
      text!
        .replace(/certificate-authority-data: \S+/, 'certificate-authority-data: Q0E=')
        .replace(/expiration: \S+/, 'expiration: TEFURVI='),
    ),
  );
}

function writeJson(name: string, value: unknown): void {
  writeFileSync(join(golden, name), `${JSON.stringify(value, undefined, 2)}\n`);
}
