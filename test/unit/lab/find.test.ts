import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findLabHost, requireLabHost } from '../../../src/lab/find.ts';
import { labList } from '../../../src/lab/status.ts';
import { labTable } from '../../../src/lab/text.ts';

const defaults = {
  ignorePreflightErrors: ['CgroupV1'],
  kubelet: {},
  kubeProxy: {},
  restrictOomScoreAdj: true,
};
const record = {
  version: 1,
  lab: 'default',
  cidr: '10.77.0.0/24',
  user: 'root',
  port: 22,
  identityFile: '/labs/id',
  knownHostsFile: '/labs/known_hosts',
  defaults,
  hosts: [{ name: 'cp1', address: '10.77.0.11', machine: 'kwl-0a4d000b', binds: [] }],
};

describe('looking for a lab host', () => {
  let env: { XDG_STATE_HOME: string; KUBEWRIGHT_LAB?: string };
  let folder: string;

  beforeEach(async () => {
    env = { XDG_STATE_HOME: await mkdtemp(join(tmpdir(), 'kw-state-')) };
    folder = join(env.XDG_STATE_HOME, 'kubewright/labs/default');
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'lab.json'), JSON.stringify(record));
  });
  afterEach(() => rm(env.XDG_STATE_HOME, { recursive: true }));

  it('answers how to reach it and what its lab asks for', async () => {
    expect(await findLabHost('cp1', env)).toEqual({
      name: 'cp1',
      lab: 'default',
      address: '10.77.0.11',
      port: 22,
      user: 'root',
      identityFile: '/labs/id',
      knownHostsFile: '/labs/known_hosts',
      defaults,
    });
  });

  it('finds nothing in a lab that is not there, so that ssh_config is asked', async () => {
    expect(await findLabHost('cp1', env, 'other')).toBeUndefined();
    expect(await findLabHost('cp1', { ...env, KUBEWRIGHT_LAB: 'other' })).toBeUndefined();
    expect(await findLabHost('cp1', { XDG_STATE_HOME: '/nonexistent' })).toBeUndefined();
    expect(await findLabHost('w1', env)).toBeUndefined();
  });

  it('says what to do where a host has to be there', async () => {
    await expect(requireLabHost('w9', env)).rejects.toMatchObject({
      code: 'LabHostUnknown',
      hint: expect.stringContaining('lab up --lab default w9'),
    });
  });

  it.each(['', '{', '{"version": 2}', 'null'])('refuses a record that reads %j', async (text) => {
    await writeFile(join(folder, 'lab.json'), text);
    await expect(findLabHost('cp1', env)).rejects.toMatchObject({ code: 'LabRecordUnreadable' });
  });

  it('shows a host that was never booted as down', async () => {
    const labs = await labList(env);
    expect(labTable(labs)).toBe(
      'LAB       HOST   ADDRESS      STATE   NETWORK\ndefault   cp1    10.77.0.11   down    10.77.0.0/24',
    );
    expect(labTable([])).toContain('kubewright lab up');
  });
});
