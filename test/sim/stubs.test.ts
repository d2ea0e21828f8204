import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { STUBS } from './support/sshd.ts';
import { CONTRACT_UNIT, STUB_CONTRACT } from './support/stub-contract.ts';

describe('the stubs of the sim tier', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'kubewright-stubs-'));
    cpSync(STUBS, join(root, 'stub-bin'), { recursive: true });
    mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
    writeFileSync(join(root, 'etc/systemd/system', CONTRACT_UNIT.name), CONTRACT_UNIT.text);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const call = (argv: readonly string[]) =>
    spawnSync(join(root, 'stub-bin', argv[0] as string), argv.slice(1), { encoding: 'utf8' });

  it('fulfil the contract that the real commands are held to on a lab host', () => {
    for (const claim of STUB_CONTRACT) {
      const { status, stdout, stderr } = call(claim.argv);
      expect({ name: claim.name, status, stderr }).toMatchObject({ name: claim.name, status: claim.exit });
      if (claim.stdout) expect(stdout, claim.name).toMatch(claim.stdout);
      if (claim.stderr) expect(stderr, claim.name).toMatch(claim.stderr);
    }
  });

  it.each([
    ['systemctl', 'mask', 'x.service'],
    ['systemctl', 'enable', 'x.service'],
    ['systemctl', 'show', '-p', 'Unheard', 'x.service'],
    ['ctr', 'images', 'ls'],
    ['ctr', '-n', 'k8s.io', 'images', 'rm', 'x'],
  ])('fail on what they do not know: %s %s %s', (...argv) => {
    expect(call(argv)).toMatchObject({ status: 64, stderr: expect.stringContaining('not known') });
  });

  it('let a unit fail on request, with its log in the status', () => {
    mkdirSync(join(root, 'stub-state/units'), { recursive: true });
    writeFileSync(
      join(root, 'stub-state/units', `${CONTRACT_UNIT.name}.fails`),
      'flag provided but not defined\n',
    );
    expect(call(['systemctl', 'start', '--', CONTRACT_UNIT.name]).status).toBe(1);
    expect(
      call(['systemctl', 'status', '--no-pager', '-l', '-n', '20', '--', CONTRACT_UNIT.name]),
    ).toMatchObject({
      status: 3,
      stdout: expect.stringContaining('flag provided'),
    });
  });

  it('remember an imported image under its reference and digest', () => {
    const digest = `sha256:${'a'.repeat(64)}`;
    const name = 'registry.example.org/pause:3.10';
    const manifest = { digest, annotations: { 'io.containerd.image.name': name } };
    writeFileSync(join(root, 'index.json'), JSON.stringify({ manifests: [manifest] }));
    execFileSync('tar', ['-cf', join(root, 'image.tar'), '-C', root, 'index.json']);
    expect(call(['ctr', '-n', 'k8s.io', 'images', 'import', '--local', join(root, 'image.tar')]).status).toBe(
      0,
    );
    expect(call(['ctr', '-n', 'k8s.io', 'images', 'ls', '-q', `name==${name}`]).stdout).toBe(`${name}\n`);
    expect(call(['ctr', '-n', 'k8s.io', 'images', 'ls']).stdout).toContain(`${name} application`);
    expect(existsSync(join(root, 'stub-state/images'))).toBe(true);
    expect(readFileSync(join(root, 'stub-state/calls'), 'utf8')).toContain('ctr -n k8s.io images import');
  });
});
