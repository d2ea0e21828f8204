import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { must } from '../../src/lab/command.ts';
import { findLabHost } from '../../src/lab/find.ts';
import { power } from '../../src/lab/power.ts';
import { readRecord } from '../../src/lab/record.ts';
import { labList } from '../../src/lab/status.ts';
import { labUp } from '../../src/lab/up.ts';
import { silent } from '../../src/output/events.ts';
import { difference, inventory } from './support/inventory.ts';
import { describeLab, shell, ssh, useLab } from './support/lab.ts';

const execute = promisify(execFile);
const dev = new URL('../../bin/dev.js', import.meta.url).pathname;
const BANNER = `timeout 5 bash -c 'read -r line < /dev/tcp/$0/22; echo "$line"' "$0"`;

describeLab('the hosts of a lab', () => {
  const lab = useLab('kwtest-hosts', ['a1', 'a2']);
  const up = (names: string[] = []) => labUp({ lab: lab.name, names, env: lab.env, reporter: silent });
  const state = async () => {
    const labs = await labList(lab.env);
    return labs.find(({ lab: name }) => name === lab.name)?.hosts.map((host) => `${host.name} ${host.state}`);
  };

  it('answer ssh, each under its own name, with the keys that the lab wrote down', async () => {
    for (const name of ['a1', 'a2']) {
      const answer = await ssh(await lab.host(name), ['hostname']);
      expect(answer).toMatchObject({ exit: 0, stdout: `${name}\n` });
    }
  });

  it('are refused by ssh when their key is not the one in known_hosts', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kw-lab-'));
    const [a1, a2] = [await lab.host('a1'), await lab.host('a2')];
    const lines = (await readFile(a1.knownHostsFile, 'utf8')).trim().split('\n');
    const keyOf2 = lines.find((line) => line.startsWith('a2,'))?.split(' ')[2];
    const wrong = join(folder, 'known_hosts');
    await writeFile(wrong, `${a1.address} ssh-ed25519 ${keyOf2}\n`);
    const answer = await ssh({ ...a1, knownHostsFile: wrong }, ['true']);
    expect(answer.exit).toBe(255);
    expect(answer.stderr).toContain('Host key verification failed');
    expect((await ssh(a2, ['true'])).exit).toBe(0);
    await rm(folder, { recursive: true });
  });

  it('are machines of their own: ids, cgroups, systemd', async () => {
    const [a1, a2] = [await lab.host('a1'), await lab.host('a2')];
    const id = async (host: typeof a1) => (await ssh(host, ['cat', '/etc/machine-id'])).stdout;
    expect(await id(a1)).toMatch(/^[0-9a-f]{32}\n$/);
    expect(await id(a1)).not.toBe(await id(a2));
    expect((await ssh(a1, ['systemctl', 'is-system-running', '--wait'])).stdout).toBe('running\n');
    const made = 'cd /sys/fs/cgroup; d=memory; [ -d $d ] || d=.; mkdir $d/kwtest && echo $d/kwtest';
    const folder = (await shell(a1, made)).stdout.trim();
    expect(folder).toMatch(/kwtest$/);
    expect((await shell(a2, `ls -d /sys/fs/cgroup/${folder}`)).exit).not.toBe(0);
    await shell(a1, `rmdir /sys/fs/cgroup/${folder}`);
  });

  it('reach each other by name', async () => {
    expect((await ssh(await lab.host('a1'), ['sh', '-c', BANNER, 'a2'])).stdout).toMatch(/^SSH-2\.0/);
    expect((await ssh(await lab.host('a2'), ['sh', '-c', BANNER, 'a1'])).stdout).toMatch(/^SSH-2\.0/);
  });

  it('are found by name in their lab and in no other', async () => {
    expect(await findLabHost('a1', lab.env, lab.name)).toMatchObject({ name: 'a1', lab: lab.name, port: 22 });
    expect(await findLabHost('a1', lab.env, 'kwtest-none')).toBeUndefined();
    expect(await findLabHost('a9', lab.env, lab.name)).toBeUndefined();
    expect(await findLabHost('a1', { ...lab.env, KUBEWRIGHT_LAB: lab.name })).toMatchObject({ name: 'a1' });
  });

  it('reboot from inside, keep their disk and get a fresh /run', async () => {
    const host = await lab.host('a2');
    await shell(host, 'echo kept > /root/disk; echo lost > /run/volatile');
    await ssh(host, ['systemctl', 'reboot']);
    await expect
      .poll(async () => (await shell(host, 'cat /root/disk; test -e /run/volatile || echo fresh')).stdout, {
        timeout: 60_000,
      })
      .toBe('kept\nfresh\n');
    expect(await state()).toEqual(['a1 up', 'a2 up']);
  });

  it('come back with a second `up` after a power cut, also when their bridge and mounts are gone', async () => {
    const host = await lab.host('a1');
    await shell(host, 'echo kept > /root/disk; sync');
    await power(lab.name, 'a1', 'cut', lab.env);
    expect(await state()).toEqual(['a1 down', 'a2 up']);
    await power(lab.name, 'a2', 'cut', lab.env);
    const record = await readRecord(lab.env, lab.name);
    await must(['ip', 'link', 'delete', record?.bridge ?? '']);
    await must(['umount', join(record?.folder ?? '', 'hosts/a1/root')]);
    await up();
    expect(await state()).toEqual(['a1 up', 'a2 up']);
    expect((await ssh(host, ['cat', '/root/disk'])).stdout).toBe('kept\n');
    expect((await ssh(await lab.host('a2'), ['sh', '-c', BANNER, 'a1'])).stdout).toMatch(/^SSH-2\.0/);
  });

  it('keep the address of their bridge when one of them is terminated: connections to the others do not stall', async () => {
    const record = await readRecord(lab.env, lab.name);
    const address = () => readFileSync(`/sys/class/net/${record?.bridge}/address`, 'utf8');
    const before = address();
    for (const name of ['a1', 'a2']) {
      await power(lab.name, name, 'cut', lab.env);
      expect(address()).toBe(before);
      await power(lab.name, name, 'boot', lab.env);
      expect(address()).toBe(before);
    }
  });

  it('are booted one at a time by `power`, and a running one is left alone', async () => {
    const host = await lab.host('a2');
    const before = (await ssh(host, ['stat', '-c', '%Z', '/run/systemd/system'])).stdout;
    await power(lab.name, 'a2', 'boot', lab.env);
    expect((await ssh(host, ['stat', '-c', '%Z', '/run/systemd/system'])).stdout).toBe(before);
    await power(lab.name, 'a2', 'cut', lab.env);
    await power(lab.name, 'a2', 'boot', lab.env);
    expect((await ssh(host, ['hostname'])).stdout).toBe('a2\n');
  });

  it('learn the name of one that is added, and outlive the command that booted it', async () => {
    await shell(await lab.host('a1'), 'echo "192.0.2.7 mine" >> /etc/hosts');
    await execute(process.execPath, [dev, 'lab', 'up', 'a3', '--lab', lab.name]);
    expect(await state()).toEqual(['a1 up', 'a2 up', 'a3 up']);
    const names = await shell(await lab.host('a1'), 'getent hosts a3; getent hosts mine');
    expect(names.stdout).toMatch(/a3\n192\.0\.2\.7\s+mine\n$/);
    const over = await execute(process.execPath, [
      dev,
      'lab',
      'ssh',
      'a3',
      '--lab',
      lab.name,
      '--',
      'hostname',
    ]);
    expect(over.stdout).toBe('a3\n');
  });

  it('get the words of a command as they were typed, `--` and repeated ones too', async () => {
    const command = ['printf', '%s,', '--', 'a', '-n', 'a', '--', '$HOME', ''];
    const argv = [dev, 'lab', 'ssh', 'a1', '--lab', lab.name, '--', ...command];
    expect((await execute(process.execPath, argv)).stdout).toBe('--,a,-n,a,--,$HOME,,');
    const failing = execute(process.execPath, [...argv.slice(0, 7), 'sh', '-c', 'exit 7']);
    await expect(failing).rejects.toMatchObject({ code: 7 });
  });

  it('look the same twice to the inventory, and different when something was left', async () => {
    const host = await lab.host('a1');
    const before = await inventory(host);
    expect(before.filter((line) => line.startsWith('content /')).length).toBeGreaterThan(1000);
    expect(difference(before, await inventory(host))).toEqual([]);
    await shell(
      host,
      'touch /etc/left; ip link add left type bridge; ip route add 192.0.2.0/24 dev host0; nft add table inet left',
    );
    const found = difference(before, await inventory(host)).join('\n');
    for (const sign of [
      '+ file /etc/left',
      '+ interface left',
      '+ route 192.0.2.0/24',
      '+ nftables table inet left',
    ]) {
      expect(found).toContain(sign);
    }
  });
});
