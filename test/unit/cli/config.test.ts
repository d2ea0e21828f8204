import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import ConfigMigrate from '../../../commands/config/migrate.ts';
import ConfigPrint from '../../../commands/config/print.ts';
import ConfigValidate from '../../../commands/config/validate.ts';
import { readClusterFile } from '../../../src/cluster/spec/file.ts';
import { resolveSpec } from '../../../src/cluster/spec/resolve.ts';
import { runCommand } from '../../fakes/cli.ts';

const TOP = 'apiVersion: kubewright.dev/v1alpha1\nkind: Cluster\nmetadata: {name: prod}\n';
const INIT = 'apiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\ncertificateKey: abc\n';
let folder: string;
const file = async (name: string, content: string | Buffer) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kubewright-config-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('config print', () => {
  it('prints the defaults, which are a cluster file themselves', async () => {
    const { stdout, exit } = await runCommand(ConfigPrint, []);
    expect(exit).toBe(0);
    expect(resolveSpec(readClusterFile(stdout, 'printed.yaml').input)).toEqual(resolveSpec({}));
    const json = await runCommand(ConfigPrint, ['-o', 'json']);
    expect(readClusterFile(json.stdout, 'j.json').input).toEqual(readClusterFile(stdout, 'p.yaml').input);
  });

  it('fills in what a file leaves out, from standard input too', async () => {
    const { stdout } = await runCommand(ConfigPrint, ['-f', '-'], {
      stdin: `${TOP}spec: {networking: {cni: none}}`,
    });
    expect(readClusterFile(stdout, 'c.yaml').input).toEqual(
      resolveSpec({ name: 'prod', networking: { cni: 'none' } }),
    );
  });

  it('says it in the words of kubeadm', async () => {
    const { stdout } = await runCommand(ConfigPrint, ['--kubeadm', '-f', '-'], { stdin: TOP });
    expect(stdout.match(/^kind: .*$/gm)).toEqual([
      'kind: InitConfiguration',
      'kind: ClusterConfiguration',
      'kind: KubeletConfiguration',
      'kind: KubeProxyConfiguration',
    ]);
    expect(stdout).toContain('clusterName: prod');
  });

  // It took the first one whatever the name, and the others were gone without a word.
  it('says it of the host that is named, and names those that it leaves out', async () => {
    const hosts = '[{name: cp1, role: control-plane}, {name: cp2, role: control-plane}, {name: w1}]';
    const stdin = `${TOP}spec: {hosts: ${hosts}}\n`;
    const print = (...argv: string[]) =>
      runCommand(ConfigPrint, ['--kubeadm', '-f', '-', ...argv], { stdin });
    const first = await print();
    expect(first.stdout).toMatch(/nodeRegistration:[\s\S]*name: cp1\n/);
    expect(first.stderr).toContain('left out: cp2, w1;');
    const second = await print('--node-name', 'cp2');
    expect(second.stdout).toMatch(/nodeRegistration:[\s\S]*name: cp2\n/);
    expect(second.stderr).toContain('left out: cp1, w1;');
    const worker = await print('--node-name', 'w1');
    expect(worker.failure).toMatchObject({ code: 'HostNotInFile', exit: 23 });
    const bare = await runCommand(ConfigPrint, ['--kubeadm', '--node-name', 'cp9']);
    expect(bare.stdout).toContain('name: cp9\n');
  });
});

describe('config validate', () => {
  it('says that a file is right, and what has no effect in it', async () => {
    const name = await file('c.yaml', `${TOP}status: {}\n`);
    const { stdout, stderr, exit } = await runCommand(ConfigValidate, ['-f', name]);
    expect([exit, stdout]).toEqual([0, `${name} is valid: cluster prod, Kubernetes v1.37.2, hosts: 0.\n`]);
    const piped = await runCommand(ConfigValidate, ['-f', '-'], { stdin: TOP });
    expect(piped.stdout).toContain('standard input is valid: cluster prod');
    expect(stderr).toContain(`${name}:4:1: status: has no effect`);
  });

  it('warns of a file without a control plane, which apply refuses', async () => {
    const none = `${TOP}spec: {hosts: [{name: w1}]}\n`;
    const { stderr, exit } = await runCommand(ConfigValidate, ['-f', '-'], { stdin: none });
    expect(exit).toBe(0);
    expect(stderr).toContain('hosts: none of them has the role control-plane; apply refuses that');
    const one = none.replace('w1', 'cp1, role: control-plane');
    expect((await runCommand(ConfigValidate, ['-f', '-'], { stdin: one })).stderr).not.toContain('role');
  });

  it('tells all that is wrong, also what only the defaults show', async () => {
    const name = await file('bad.yaml', `${TOP}spec: {networking: {podSubnet: 10.96.0.0/16}}\n`);
    const { failure, stdout } = await runCommand(ConfigValidate, ['-f', name, '-o', 'json']);
    expect([failure?.code, failure?.exit, stdout]).toEqual(['InvalidClusterFile', 23, '']);
    expect(failure?.message).toContain(`${name}:4:32: spec.networking.podSubnet: 10.96.0.0/16 overlaps`);
  });

  it.each([
    ['Latin-1', Buffer.from(`${TOP}spec: {imageRepository: caf\xe9}`, 'latin1'), ':4:28: not valid UTF-8'],
    ['UTF-16', Buffer.from(TOP, 'utf16le'), ':1:2: a control character'],
  ])('a file in %s is no text', async (_, content, words) => {
    const { failure } = await runCommand(ConfigValidate, ['-f', await file('other.yaml', content)]);
    expect(failure?.message).toContain(words);
  });

  it('a file that is not there', async () => {
    const { failure } = await runCommand(ConfigValidate, ['-f', join(folder, 'none.yaml')]);
    expect([failure?.code, failure?.exit]).toEqual(['FileUnreadable', 23]);
  });
});

describe('config migrate', () => {
  it('prints the cluster file, and on standard error what is lost', async () => {
    const name = await file('kubeadm.yaml', `${INIT}nodeRegistration: {name: cp1}\n`);
    const { stdout, stderr } = await runCommand(ConfigMigrate, ['-f', name]);
    expect(readClusterFile(stdout, 'c.yaml').input.hosts).toEqual([{ name: 'cp1', role: 'control-plane' }]);
    expect(stderr).toContain(`${name}:3:17: InitConfiguration.certificateKey: has no effect`);
  });

  it('asks for the name that the file does not say', async () => {
    const name = await file('kubeadm.yaml', INIT);
    const { failure } = await runCommand(ConfigMigrate, ['-f', name]);
    expect([failure?.code, failure?.exit]).toEqual(['NodeNameMissing', 23]);
    expect(failure?.hint).toBe(`kubewright config migrate -f ${name} --node-name NAME`);
    const { stdout } = await runCommand(ConfigMigrate, ['-f', name, '--node-name', 'cp1', '-o', 'json']);
    expect(JSON.parse(stdout).spec.hosts).toEqual([{ name: 'cp1', role: 'control-plane' }]);
  });

  it('leaves a cluster file of today as it is', async () => {
    const { stdout } = await runCommand(ConfigPrint, []);
    const again = await runCommand(ConfigMigrate, ['-f', await file('c.yaml', stdout)]);
    expect(again.stdout).toBe(stdout);
    expect(await readFile(join(folder, 'c.yaml'), 'utf8')).toBe(stdout);
  });
});
