import { execFileSync } from 'node:child_process';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { expectRefusal } from '../support/cli.ts';
import { file, HOST, type Place, unchanged } from './place.ts';

const usage: [string, string[], (string | RegExp)[]][] = [
  ['a flag that does not exist', ['init', HOST, '--nosuch'], ['--nosuch', 'kubewright init --help']],
  ['a number that is none', ['init', HOST, '--timeout', 'x'], ['--timeout: Expected an integer', 'x']],
  ['a choice that does not exist', ['init', HOST, '--cni', 'nope'], ['nope', 'flannel, bridge, none']],
  ['a host too many', ['phase', 'init', 'certs', HOST, 'other'], ['other', 'kubewright phase init --help']],
  ['no host to join', ['join'], ['needs a host', 'kubewright join --config']],
  ['no host, and nobody to ask', ['init'], [/host/i, 'init']],
  ['a command that does not exist', ['frobnicate'], ['"frobnicate"', 'kubewright --help']],
  [
    'an unknown phase',
    ['phase', 'init', 'nosuch', HOST],
    ['nosuch', 'preflight, before-join, record, host, security, certs'],
  ],
  ['an unknown phase of a host that is not there', ['phase', 'init', 'nosuch', 'a.invalid'], ['nosuch']],
];

const settings: [string, string[], (string | RegExp)[]][] = [
  ['an invalid node name', ['--name', 'Bad_Name!'], [/hosts\[0\]\.name/, 'RFC 1123']],
  ['a subnet that is none', ['--pod-subnet', 'nonsense'], ['podSubnet', '10.244.0.0/16']],
  ['subnets that overlap', ['--pod-subnet', '10.96.0.0/16'], ['10.96.0.0/16', '10.96.0.0/12']],
  ['an unknown version', ['--kubernetes-version', 'v1.30.0'], ['kubernetesVersion', '1.37']],
];

const readers: [string, string[]][] = [
  ['join', ['join', HOST]],
  ['get', ['get', 'pods']],
  ['apply', ['apply', '-f', '-']],
];
const stdin = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n';

export function refusesCommandLines(place: Place): void {
  const { cli } = place;

  it.each(usage)('%s is a usage error', async (_what, args, words) => {
    expectRefusal(await cli.run(args), EXIT.usage, ...words);
  });

  it.each(settings)('%s is refused, and nothing is changed', async (_what, flags, words) => {
    const outcome = await unchanged(place, () => cli.run(['init', HOST, ...flags]));
    expectRefusal(outcome, EXIT.invalidInput, ...words, 'nothing was changed');
  });

  it('an error is asked for as JSON like the result', async () => {
    const outcome = await cli.run(['init', HOST, '--pod-subnet', 'nonsense', '-o', 'json']);
    expect(JSON.parse(outcome.stderr)).toMatchObject({
      error: { fault: 'given', code: 'InvalidClusterSpec', exit: EXIT.invalidInput },
    });
  });

  it.each(readers)(
    '%s wants a kubeconfig: missing, dangling, empty, or without that context',
    async (_, args) => {
      const refuse = async (...words: (string | RegExp)[]) =>
        expectRefusal(await cli.run(args, { stdin }), EXIT.kubeconfig, ...words);
      const path = cli.kubeconfig();
      try {
        await refuse('there is no kubeconfig', path, 'kubewright init');
        await symlink('/nonexistent/kubeconfig', path);
        await refuse('there is no kubeconfig', path);
        await rm(path);
        await file(place, 'kubeconfig', '');
        await refuse(path, 'is empty');
        await writeFile(path, kubeconfig(await authority(place), '127.0.0.1:1', 'clutser'));
        await refuse('clutser', path, 'did you mean "cluster"');
      } finally {
        await rm(path, { force: true });
      }
    },
  );

  it.each(readers)('%s says where no API server listens', async (_, args) => {
    await file(place, 'kubeconfig', kubeconfig(await authority(place), '127.0.0.1:1', 'cluster'));
    try {
      const outcome = await unchanged(place, () => cli.run(args, { stdin }));
      expectRefusal(outcome, EXIT.apiUnreachable, 'https://127.0.0.1:1', 'refused');
    } finally {
      await rm(cli.kubeconfig());
    }
  });

  it('join through a host that is no control plane is refused', async () => {
    const outcome = await cli.run(['join', HOST, '--via', HOST]);
    expectRefusal(outcome, EXIT.invalidInput, `${HOST} is not a control plane`, '--via');
  });
}

function kubeconfig(ca: string, server: string, current: string): string {
  return `apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://${server}", certificate-authority-data: ${ca}}}]
users: [{name: u, user: {token: none}}]
contexts: [{name: cluster, context: {cluster: c, user: u}}]
current-context: ${current}
`;
}

/** Any certificate at all, in base64. */
async function authority(place: Place): Promise<string> {
  const key = join(place.cli.folder(), 'ca.key');
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const options = ['-keyout', key, '-days', '1', '-subj', '/CN=x'];
  const pem = execFileSync('openssl', ['req', ...kind, ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
  return pem.toString('base64');
}
