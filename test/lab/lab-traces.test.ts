import { mkdir, mkdtemp, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { must, run } from '../../src/lab/command.ts';
import { labDown } from '../../src/lab/down.ts';
import { requireLabHost } from '../../src/lab/find.ts';
import { readRecord } from '../../src/lab/record.ts';
import { labUp } from '../../src/lab/up.ts';
import { silent } from '../../src/output/events.ts';
import { difference } from './support/inventory.ts';
import { describeLab, shell } from './support/lab.ts';
import { machineInventory } from './support/machine.ts';

const LAB = 'kwtest-traces';
const FOREIGN_BRIDGE = 'kwtest-br';
const FOREIGN_CGROUP = '/sys/fs/cgroup/pids/kubewright-foreign';
const about = { lab: LAB, env: process.env, reporter: silent };

describeLab('what a lab leaves on this machine', () => {
  let folder: string;
  const hasPids = async () => (await run(['test', '-d', '/sys/fs/cgroup/pids'])).exit === 0;

  beforeAll(async () => {
    await labDown(about);
    folder = await mkdtemp(join(tmpdir(), 'kw-lab-'));
    await must(['ip', 'link', 'add', FOREIGN_BRIDGE, 'type', 'bridge']);
    // Its own link-local address would come a moment later, in the middle of a comparison.
    await must(['ip', 'link', 'set', FOREIGN_BRIDGE, 'addrgenmode', 'none']);
    await must(['ip', 'address', 'add', '10.91.0.1/24', 'dev', FOREIGN_BRIDGE]);
    await must(['ip', 'link', 'set', FOREIGN_BRIDGE, 'up']);
    if (await hasPids()) await mkdir(FOREIGN_CGROUP, { recursive: true });
  });
  afterAll(async () => {
    await labDown(about);
    await run(['ip', 'link', 'delete', FOREIGN_BRIDGE]);
    await rmdir(FOREIGN_CGROUP).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  });

  it('is nothing, however often it is ended, and what is not its own stays', async () => {
    const before = await machineInventory(LAB);
    expect(before.join('\n')).toContain(`link ${FOREIGN_BRIDGE}`);
    const { cidr } = await labUp({ ...about, names: ['b1', 'b2'], range: '10.91.0.0/16' });
    expect(cidr).toBe('10.91.1.0/24');
    const during = difference(before, await machineInventory(LAB));
    expect(during.filter((line) => line.startsWith('- '))).toEqual([]);
    expect(during.filter((line) => line.startsWith('+ link '))).toHaveLength(3);
    expect(during.filter((line) => line.startsWith('+ route '))).not.toEqual([]);
    await labDown(about);
    expect(difference(before, await machineInventory(LAB))).toEqual([]);
    await labDown(about);
    expect(difference(before, await machineInventory(LAB))).toEqual([]);
  });

  it('is nothing where half of the lab is gone already', async () => {
    const before = await machineInventory(LAB);
    await labUp({ ...about, names: ['b1', 'b2'], range: '10.91.0.0/16' });
    const record = await readRecord(process.env, LAB);
    await must(['ip', 'link', 'delete', record?.bridge ?? '']);
    process.kill(record?.hosts[0]?.process?.pid ?? 0, 'SIGKILL');
    await rm(join(record?.folder ?? '', 'id_ed25519'));
    await labDown(about);
    expect(difference(before, await machineInventory(LAB))).toEqual([]);
  });

  it('is not even a bridge that somebody else made under the name that it would take', async () => {
    const name = 'kwl-0a5b0501';
    await must(['ip', 'link', 'add', name, 'type', 'bridge']);
    try {
      const attempt = labUp({ ...about, names: ['b1'], cidr: '10.91.5.0/24' });
      await expect(attempt).rejects.toMatchObject({ code: 'LabSubnetTaken' });
      await labDown(about);
      expect((await run(['ip', 'link', 'show', name])).exit).toBe(0);
    } finally {
      await must(['ip', 'link', 'delete', name]);
    }
  });

  it('is nothing in a folder of this machine that its hosts see read-only', async () => {
    await writeFile(join(folder, 'seen'), 'from outside\n');
    await labUp({ ...about, names: ['b1'], range: '10.91.0.0/16', bindReadOnly: [`${folder}:/mnt/outside`] });
    const host = await requireLabHost('b1', process.env, LAB);
    expect((await shell(host, 'cat /mnt/outside/seen')).stdout).toBe('from outside\n');
    expect((await shell(host, 'echo x > /mnt/outside/written')).exit).not.toBe(0);
    const other = labUp({ ...about, names: ['b1'], bindReadOnly: ['/usr'] });
    await expect(other).rejects.toMatchObject({ code: 'LabBindsFixed' });
    await labDown(about);
    expect(await readFile(join(folder, 'seen'), 'utf8')).toBe('from outside\n');
    await expect(stat(join(folder, 'written'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
