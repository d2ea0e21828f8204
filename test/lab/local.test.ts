import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheDir } from '../../src/base/dirs.ts';
import { labsFolder } from '../../src/lab/record.ts';
import { type InitOutcome, tell } from './spine/spine.ts';
import { useCli } from './support/cli.ts';
import { difference, type Inventory, inventory } from './support/inventory.ts';
import { type Pod, readyPods } from './support/kube.ts';
import { describeLab, shell, useLab } from './support/lab.ts';

const CHECKOUT = join(import.meta.dirname, '../..');
const MANIFESTS = join(import.meta.dirname, 'manifests');
const SHARED = ['bin', 'dist', 'templates', 'components', 'package.json', 'oclif.manifest.json'];

/** Where the host sees what this machine has: the program, its Node, and the components that are built already. */
const binds = [
  ...SHARED.map((name) => `${join(CHECKOUT, name)}:/mnt/readonly/kubewright/${name}`),
  `${dirname(process.execPath)}:/mnt/readonly/node`,
  `${join(cacheDir(process.env), 'artifacts')}:/mnt/readonly/cache/kubewright/artifacts`,
];

describeLab('a host that makes itself a control plane', () => {
  const lab = useLab('test-local', ['solo', 'mate'], { bindReadOnly: binds });
  const cli = useCli(lab.name);
  const before = new Map<string, Inventory>();
  const flags = '--cni bridge --lab test-local';

  /** The command line, run on the host itself. */
  const kubewright = async (args: string): Promise<string> => {
    const env =
      'HOME=/run/kw KUBECONFIG=/run/kw/config XDG_STATE_HOME=/run/kw XDG_CACHE_HOME=/mnt/readonly/cache NO_COLOR=1 KUBEWRIGHT_ARTIFACTS_SOURCE=build';
    const { exit, stdout, stderr } = await shell(
      await lab.host('solo'),
      `${env} /mnt/readonly/node/node /mnt/readonly/kubewright/bin/run.js ${args}`,
      400,
    );
    expect(exit, `${args}\n${stderr}${stdout}`).toBe(0);
    return stdout;
  };

  it('is bare before', async () => {
    for (const name of ['solo', 'mate']) before.set(name, await inventory(await lab.host(name)));
  });

  it('runs `init local`, with the bridge plugin as its network', async () => {
    // What the lab asks of its hosts (cgroup v1, conntrack): the host itself has to know it too.
    const record = await readFile(join(labsFolder(process.env), lab.name, 'lab.json'), 'utf8');
    const folder = `/run/kw/kubewright/labs/${lab.name}`;
    const put = `mkdir -p ${folder}; cat > ${folder}/lab.json <<'END'\n${record}END`;
    expect((await shell(await lab.host('solo'), put)).exit).toBe(0);
    const plan = await kubewright(`init local ${flags} --dry-run`);
    expect(plan).toContain('/etc/kubernetes/manifests/kube-apiserver.yaml');
    const done = JSON.parse(await kubewright(`init local ${flags} -o json`)) as InitOutcome;
    expect(done).toMatchObject({ node: 'solo', cluster: 'kubernetes' });
    expect(JSON.parse(await kubewright(`init local ${flags} -o json`))).toMatchObject({ changed: 0 });
    expect(await kubewright('get nodes -o name')).toBe('node/solo\n');
  });

  it('is joined by a worker from another machine, and pods reach each other over routes between the hosts', async () => {
    await cli.ok(['join', 'mate', '--via', 'solo']);
    const config = await shell(await lab.host('solo'), 'cat /run/kw/config');
    await writeFile(cli.kubeconfig(), config.stdout, { mode: 0o600 });
    await readyPods(cli, 2, '-n', 'kube-system', '-l', 'k8s-app=kube-proxy');
    await cli.ok(['apply', '-f', join(MANIFESTS, 'web.yaml')]);
    const pods = await readyPods(cli, 2, '-l', 'app=net');
    expect(pods.map(({ spec }) => spec.nodeName).sort()).toEqual(['mate', 'solo']);
    const [far] = (await readyPods(cli, 1, '-l', 'app=far')) as [Pod];
    for (const from of pods) {
      for (const to of [...pods.map(({ status }) => `${status.podIP}:8080`), 'far.default:80']) {
        const connect = ['exec', from.metadata.name, '--', '/agnhost', 'connect', '--timeout=10s', to];
        await cli.ok(connect);
      }
      tell(
        `pod on ${from.spec.nodeName} → pods on both nodes, and Service far on ${far.spec.nodeName}: answered`,
      );
    }
    expect(await cli.json(['join', 'mate'])).toMatchObject({ hosts: [{ host: 'mate', changed: 0 }] });
    await cli.ok(['delete', '-f', join(MANIFESTS, 'web.yaml')]);
  });

  it('is as it was after `reset local`, and so is the worker', async () => {
    await cli.ok(['reset', 'mate']);
    await kubewright('reset local --yes');
    await shell(await lab.host('solo'), 'rm -rf /run/kw');
    for (const name of ['mate', 'solo']) {
      expect(difference(before.get(name) ?? [], await inventory(await lab.host(name))), name).toEqual([]);
    }
  });
});
