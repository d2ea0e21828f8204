import { describe, expect, it } from 'vitest';
import type { NodeContext } from '../../../src/cluster/context.ts';
import { hostsFile, registryFile } from '../../../src/cluster/manifests/registries.ts';
import { writtenBy } from '../../../src/cluster/manifests/written-by.ts';
import type { RegistryCredentials, RegistrySpec } from '../../../src/cluster/spec/sections.ts';
import { passwordsStep, registrySteps } from '../../../src/cluster/steps/registries.ts';
import { planPhases } from '../../../src/engine/planner.ts';
import { runPhases } from '../../../src/engine/runner.ts';
import { Timeline } from '../../../src/engine/timeline.ts';
import { FakeHost } from '../../fakes/fake-host.ts';
import { exampleSpec } from './example.ts';

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const SECRET = 'geheim:mit"zeichen';

function registry(input: Partial<RegistrySpec> & { host: string }): RegistrySpec {
  return { mirrors: [], skipVerify: false, ...input };
}
const plain = (one: RegistrySpec, all = [one]) => registryFile(one, all, new Map());
const body = (content: string) => content.replace(writtenBy(), '');

describe('hosts.toml', () => {
  it('asks the mirrors first, for pulls alone, and trusts them as the registry that they stand for', () => {
    const docker = registry({
      host: 'docker.io',
      ca: PEM,
      mirrors: [
        { url: 'https://mirror.example.com', overridePath: false },
        { url: 'http://10.0.0.1:5000/v2/hub', overridePath: true },
      ],
    });
    const ca = 'ca = "/etc/containerd/certs.d/docker.io/kubewright-ca.crt"';
    expect(body(plain(docker).content)).toBe(
      [
        'server = "https://registry-1.docker.io"',
        ca,
        '',
        '[host."https://mirror.example.com"]',
        'capabilities = ["pull", "resolve"]',
        ca,
        '',
        '[host."http://10.0.0.1:5000/v2/hub"]',
        'capabilities = ["pull", "resolve"]',
        ca,
        'override_path = true',
        '',
      ].join('\n'),
    );
  });

  it('takes what is said of a registry along to where it is asked as a mirror', () => {
    const mirror = registry({
      host: 'mirror.example.com:5000',
      skipVerify: true,
      credentials: { username: 'u', passwordEnv: 'P' },
    });
    const all = [
      registry({
        host: '_default',
        mirrors: [{ url: 'https://mirror.example.com:5000', overridePath: false }],
      }),
      mirror,
    ];
    const file = registryFile(all[0]!, all, new Map([[mirror.host, 'dTpw']]));
    expect(body(file.content)).toBe(
      [
        '[host."https://mirror.example.com:5000"]',
        'capabilities = ["pull", "resolve"]',
        'skip_verify = true',
        '[host."https://mirror.example.com:5000".header]',
        'Authorization = "Basic dTpw"',
        '',
      ].join('\n'),
    );
    expect(file).toMatchObject({ mode: 0o600, secret: true });
  });

  it('may be read by everybody where it holds no credentials', () => {
    expect(plain(registry({ host: 'registry.example.com' }))).toMatchObject({
      path: '/etc/containerd/certs.d/registry.example.com/hosts.toml',
      mode: 0o644,
      secret: false,
    });
  });
});

const credentials: RegistryCredentials = { username: 'robot', passwordFile: '/secret' };
const wanted = registry({ host: 'registry.example.com', ca: PEM, credentials });

function contextOf(host: FakeHost, registries: RegistrySpec[], password: string | undefined): NodeContext {
  const { spec, node } = exampleSpec({ registries });
  return { spec, node, host, secret: async () => password } as unknown as NodeContext;
}

function phasesOf() {
  const steps = (context: NodeContext) => [passwordsStep(context), ...registrySteps(context)];
  return [{ name: 'runtime', title: '', after: [], steps }];
}

async function run(host: FakeHost, registries: RegistrySpec[], password?: string) {
  const context = contextOf(host, registries, password);
  const reporter = { emit: () => undefined };
  const common = { host, phases: phasesOf(), context, timeline: new Timeline() };
  return runPhases({ ...common, reporter, signal: new AbortController().signal });
}

describe('registries of a host', () => {
  it('are written once, their password in a file of root’s alone', async () => {
    const host = new FakeHost('h');
    await run(host, [wanted], SECRET);
    const file = host.nodes.get(hostsFile(wanted.host))!;
    const token = /Basic (\S+)"/.exec(file.content.toString())![1]!;
    expect(Buffer.from(token, 'base64').toString()).toBe(`robot:${SECRET}`);
    expect(file.mode).toBe(0o600);
    const write = host.operations.find(
      (operation) => 'path' in operation && operation.path.endsWith('hosts.toml'),
    );
    expect(write).toMatchObject({ secret: true });
    expect((await run(host, [wanted], SECRET)).changed).toBe(0);
  });

  it('keep their password where this machine has not got it, as long as the user is the same', async () => {
    const host = new FakeHost('h');
    await run(host, [wanted], SECRET);
    expect((await run(host, [wanted])).changed).toBe(0);
    const moved = { ...wanted, mirrors: [{ url: 'https://m.example.com', overridePath: false }] };
    await run(host, [moved]);
    expect(host.text(hostsFile(wanted.host))).toContain('[host."https://m.example.com"]');
    expect(host.text(hostsFile(wanted.host))).toContain('Authorization');
    const other = { ...wanted, credentials: { ...credentials, username: 'another' } };
    await expect(run(host, [other])).rejects.toMatchObject({ code: 'RegistryPasswordMissing' });
  });

  it('without a password anywhere are refused before anything is written', async () => {
    const host = new FakeHost('h');
    await expect(run(host, [wanted])).rejects.toThrow('not in the file /secret of this machine');
    expect(host.operations).toEqual([]);
  });

  it('show no password in a plan, not even in one with contents', async () => {
    const host = new FakeHost('h');
    const context = contextOf(host, [wanted], SECRET);
    const plan = await planPhases({
      host,
      phases: phasesOf(),
      context,
      timeline: new Timeline(),
      contents: { keyCommand: ['true'] },
    });
    const text = JSON.stringify(plan);
    expect(text).toContain('hosts.toml (0600)');
    expect(text).not.toContain(Buffer.from(`robot:${SECRET}`).toString('base64'));
    expect(text).not.toContain('geheim');
  });

  it('go when they are gone from the file; what is not ours stays', async () => {
    const host = new FakeHost('h');
    await run(host, [wanted], SECRET);
    host.onRun = (argv) => (argv.includes('ours.sh') ? { stdout: 'registry.example.com\n' } : {});
    await run(host, []);
    expect(host.nodes.has(hostsFile(wanted.host))).toBe(false);
    expect([...host.nodes.keys()].some((path) => path.endsWith('.crt'))).toBe(false);
  });

  it('lose their authority’s file when it is not named any more', async () => {
    const host = new FakeHost('h');
    await run(host, [wanted], SECRET);
    await run(host, [{ host: wanted.host, mirrors: [], skipVerify: false }]);
    expect([...host.nodes.keys()].some((path) => path.endsWith('.crt'))).toBe(false);
    expect(host.nodes.get(hostsFile(wanted.host))?.mode).toBe(0o644);
  });
});
