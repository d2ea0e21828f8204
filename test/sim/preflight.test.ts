import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { textTemplate } from '../../src/cluster/manifests/template.ts';
import type { ClusterPorts } from '../../src/cluster/ports.ts';
import { checkTogether, requireAll } from '../../src/cluster/preflight/together.ts';
import { applyCluster } from '../../src/cluster/run-cluster.ts';
import { joinHosts } from '../../src/cluster/run-join.ts';
import { resolveSpec } from '../../src/cluster/spec/resolve.ts';
import type { NodeRole } from '../../src/cluster/spec/types.ts';
import type { Host } from '../../src/host/port.ts';
import { openHost } from '../../src/host/session.ts';
import { connectSsh } from '../../src/host/ssh/connect.ts';
import type { Event } from '../../src/output/events.ts';
import { clusterPorts } from '../fakes/cluster-ports.ts';
import { expectErrorLine, thrownBy } from '../golden/error-lines.ts';
import { hostFiles, nobody } from './support/cluster-hosts.ts';
import { type Laptop, makeLaptop } from './support/laptop.ts';
import { Site } from './support/site.ts';
import { describeSim } from './support/tier.ts';

const NAMES = ['cp1', 'cp2', 'w1'];
/** Ports of the machine under test that are no matter here, and what it is. */
const MACHINE = ['NumCPU', 'Mem', 'Systemd', 'CgroupV1', 'Swap', 'DuplicateHostname', 'SubnetOverlap'].concat(
  ['KernelOverlay', 'KernelBridgeNetfilter', 'KernelNftables', 'DiskSpace-var-lib-containerd'],
);
const targets = NAMES.map((name) => ({
  ...{ target: name, name, ignorePreflightErrors: MACHINE },
  role: (name === 'w1' ? 'worker' : 'control-plane') as NodeRole,
}));
const spec = resolveSpec({ networking: { cni: 'flannel' } });

/** Three hosts whose ports nobody holds: of the machine's own listeners none is theirs. */
class Trio implements AsyncDisposable {
  readonly site: Site;
  readonly ports: ClusterPorts;
  /** Who is logged in where it is not root: `denied` may use no sudo. */
  readonly logins: Record<string, string> = {};
  readonly #events: Event[] = [];
  readonly #opened: Host[] = [];

  private constructor(site: Site, laptop: Laptop) {
    this.site = site;
    const places = site.places(laptop, (index) => NAMES[index]!);
    const open = async (target: string) => {
      const { address, port } = places[target]!;
      const user = this.logins[target] ?? 'root';
      const host = await openHost(target, () => connectSsh(`${user}@${address}:${port}`, laptop.options()));
      this.#opened.push(host);
      return host;
    };
    const binaries = hostFiles();
    this.ports = clusterPorts(open, {
      apiClient: () => nobody,
      reporter: { emit: (event) => this.#events.push(event) },
      artifacts: async (choice) => ({
        choice,
        store: { hostFiles: async () => binaries, images: async () => [] },
      }),
    });
  }

  static async start(laptop: Laptop, key: string): Promise<Trio> {
    const site = new Site('127.0.27');
    for (const name of NAMES) {
      const sshd = await site.add(key, [{ name: 'denied', uid: 1500, authorizedKeys: [key] }]);
      writeFileSync(join(sshd.root, 'etc/machine-id'), `${name}\n`);
      site.stub(sshd, 'ss', 'exit 0');
    }
    return new Trio(site, laptop);
  }

  /** The host's way to a place is shut, as by a firewall that drops. */
  block(from: string, place: string, then = 'exec sleep 30'): void {
    const script = `case "$*" in *'${place}'*) ${then} ;; esac\nexec /bin/bash "$@"`;
    this.site.stub(this.site.sshds[NAMES.indexOf(from)]!, 'bash', script);
  }

  address(name: string): string {
    return this.site.sshds[NAMES.indexOf(name)]!.address;
  }

  async check(more: Partial<Parameters<typeof checkTogether>[1]> = {}) {
    return checkTogether(this.ports, { spec, targets, ignorePreflightErrors: [], ...more });
  }

  /** A command of this host's own. */
  stub(name: string, command: string, script: string): void {
    this.site.stub(this.site.sshds[NAMES.indexOf(name)]!, command, script);
  }

  /** What runs of ours have left on the hosts: nothing, where none of them began. */
  get changed(): string[] {
    const ours = [
      'etc/kubernetes',
      'var/lib/kubewright',
      'usr/local/bin/kubelet',
      'etc/sysctl.d/90-kubewright.conf',
    ];
    return this.site.sshds.flatMap(({ root }, index) =>
      ours.flatMap((path) => (existsSync(join(root, path)) ? [`${NAMES[index]}: ${path}`] : [])),
    );
  }

  get warnings(): string[] {
    return this.#events.flatMap((event) =>
      event.type === 'message' && event.level === 'warning' ? [`${event.host}: ${event.text}`] : [],
    );
  }

  /** What listens at the hosts' addresses still, but for their sshd and the proxies before these. */
  get left(): string {
    const text = execFileSync('ss', ['-Hlntu'], { encoding: 'utf8' });
    const ours = [...this.site.sshds, ...this.site.proxies].map(({ address, port }) => `${address}:${port}`);
    const lines = text.split('\n').filter((line) => line.includes(' 127.0.27.'));
    return lines.filter((line) => !ours.some((each) => line.includes(`${each} `))).join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of this.#opened) await host.close();
    await this.site[Symbol.asyncDispose]();
  }
}

describeSim('three hosts that are looked at together', () => {
  let laptop: Laptop;
  let key: string;
  beforeAll(() => {
    laptop = makeLaptop();
    key = laptop.key();
  });
  afterAll(() => laptop.clean());

  it('nobody is refused where every port is open; nothing that listened is left', async () => {
    await using trio = await Trio.start(laptop, key);
    const checked = await trio.check();
    expect([...checked.checked!.refused.values()].map(({ message }) => message)).toEqual([]);
    expect(trio.warnings.filter((text) => text.includes('[Reachable'))).toEqual([]);
    expect(trio.left).toBe('');
  });

  // The same command was refused for a minute: by what it had put there itself.
  it('what a run that was killed left listening is ended, and not held against the host', async () => {
    await using trio = await Trio.start(laptop, key);
    const address = trio.address('cp1');
    trio.stub('cp1', 'ss', `PATH=/usr/sbin:/usr/bin:/sbin:/bin ss "$@" | grep ' ${address}:6443 '`);
    const words = ['/run/kubewright-preflight-dead', '600', address, '6443/tcp', '8472/udp'];
    const argv = ['sh', '-c', textTemplate('preflight/listen.sh'), 'listen.sh', ...words];
    const [{ stdout }] = await (await trio.ports.openHost('cp1')).inspect([{ kind: 'run', argv }]);
    expect(stdout).toBe('listening 6443/tcp\nlistening 8472/udp\n');
    const { refused } = (await trio.check({ targets: targets.slice(0, 1) })).checked!;
    expect([...refused.values()].map(({ message }) => message)).toEqual([]);
    expect(trio.left).toBe('');
  });

  it('B63: the pair that is blocked is named, over TCP and over UDP, and both are told at once', async () => {
    await using trio = await Trio.start(laptop, key);
    trio.block('cp2', `${trio.address('cp1')} 2380`);
    trio.block('w1', `${trio.address('cp2')} 8472`, 'exit 0');
    const checked = await trio.check();
    expect([...checked.checked!.refused.keys()].sort()).toEqual(['cp2', 'w1']);
    await expectErrorLine('B63', await thrownBy(() => requireAll(checked)));
    expect(trio.left).toBe('');
  });

  it('a port that nobody may listen on is not held against anybody: its own check tells', async () => {
    await using trio = await Trio.start(laptop, key);
    const holder = trio.site.sshds[0]!;
    trio.site.stub(
      holder,
      'ss',
      `echo 'LISTEN 0 9 ${holder.address}:6443 0.0.0.0:* users:(("nginx",pid=7,fd=3))'`,
    );
    const checked = await trio.check();
    const refused = [...checked.checked!.refused].map(([name, { message }]) => `${name}: ${message}`);
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatch(/^cp1: [\s\S]*\[Port-6443\]/);
  });

  it('B27: of two clones one joins and the other is refused, with nothing changed on it', async () => {
    await using trio = await Trio.start(laptop, key);
    const [cp1, , w1] = trio.site.sshds.map(({ root }) => ({ root })) as [
      { root: string },
      object,
      { root: string },
    ];
    for (const { root } of [cp1, w1]) writeFileSync(join(root, 'etc/machine-id'), 'cloned\n');
    const workers = targets.map((target) => ({ ...target, role: 'worker' as const }));
    const { failures } = await joinHosts(trio.ports, {
      targets: workers.filter(({ name }) => name !== 'cp2'),
      access: undefined,
      spec,
      ignorePreflightErrors: [],
      dryRun: false,
      phases: ['preflight', 'kubelet-install'],
    });
    expect(failures).toMatchObject([
      {
        target: 'w1',
        error: {
          code: 'PreflightFailed',
          exit: 11,
          message: expect.stringContaining('[DuplicateMachineID] its machine-id is that of cp1, cloned'),
        },
      },
    ]);
    const there = (root: string) => existsSync(join(root, 'usr/local/bin/kubelet'));
    expect([there(cp1.root), there(w1.root)]).toEqual([true, false]);
    expect(readdirSync(join(w1.root, 'etc')).includes('kubernetes')).toBe(false);
  });

  it.each(['cp2', 'w1'])(
    'B15: %s, whose sudo refuses us, is told before anything is changed on any host',
    async (name) => {
      await using trio = await Trio.start(laptop, key);
      trio.logins[name] = 'denied';
      const hosts = targets.map((target, index) => ({ ...target, address: `192.0.2.${11 + index}` }));
      const applied = applyCluster(trio.ports, {
        spec: { name: 'one', hosts },
        pruneHosts: false,
        // None that touches the kernel of this machine, should it go on.
        phases: { init: ['preflight', 'record', 'certs'], join: ['preflight', 'runtime'] },
      });
      await expect(applied).rejects.toMatchObject({
        code: expect.stringMatching(/^Sudo(NotAllowed|PasswordRequired)$/),
        exit: 15,
        host: name,
        hint: expect.stringContaining('denied'),
      });
      expect(trio.changed).toEqual([]);
    },
  );

  it('B22: clocks that are two days ahead and ten minutes behind are refused, with how far', async () => {
    await using trio = await Trio.start(laptop, key);
    const off = (seconds: number) =>
      `[ "$1" = +%s%N ] || exec /usr/bin/date "$@"\necho "$(($(/usr/bin/date +%s) + ${seconds}))000000000"`;
    trio.stub('cp2', 'date', off(172_800));
    trio.stub('w1', 'date', off(-600));
    const { refused } = (await trio.check()).checked!;
    expect([...refused.keys()].sort()).toEqual(['cp2', 'w1']);
    expect(refused.get('cp2')!.message).toMatch(/\[ClockSkew\] its clock is 172(79\d|80\d) s ahead of/);
    expect(refused.get('w1')!.message).toMatch(/\[ClockSkew\] its clock is (59\d|60\d) s behind/);
    expect(trio.changed).toEqual([]);
  });

  it('B28: hostile names of hosts are refused, and run nothing', async () => {
    await using trio = await Trio.start(laptop, key);
    const names = ['$(touch${IFS}/etc/canary)', '-oProxyCommand=touch', 'a'.repeat(64)];
    for (const name of names) {
      trio.stub('w1', 'uname', `[ "$*" != -s ] || exec echo Linux\necho 'Linux ${name} 6.1.0 x86_64'`);
      const { failures } = await joinHosts(trio.ports, {
        targets: [{ target: 'w1', role: 'worker', ignorePreflightErrors: MACHINE }],
        access: undefined,
        spec,
        ignorePreflightErrors: [],
        dryRun: false,
        phases: ['preflight', 'kubelet-install'],
      });
      expect(failures, name).toMatchObject([{ error: { code: 'PreflightFailed', exit: 11 } }]);
      expect(String(failures[0]!.error)).toContain(
        `[Hostname] "${name.toLowerCase()}" is not a valid node name`,
      );
    }
    expect(trio.changed).toEqual([]);
    for (const { root } of trio.site.sshds) expect(existsSync(join(root, 'etc/canary'))).toBe(false);
    expect(existsSync('/etc/canary')).toBe(false);
  });
});
