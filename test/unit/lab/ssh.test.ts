import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { LabHost } from '../../../src/lab/port.ts';
import { sshArguments } from '../../../src/lab/ssh.ts';

const host: LabHost = {
  name: 'cp1',
  lab: 'default',
  address: '10.77.0.11',
  port: 22,
  user: 'root',
  identityFile: '/state dir/id',
  knownHostsFile: '/state dir/known_hosts',
  defaults: {
    ignorePreflightErrors: [],
    kubelet: {},
    kubeProxy: {},
    restrictOomScoreAdj: false,
    extraImages: [],
  },
};

it('ssh itself reads the arguments as meant: strict, this key, nothing of the user', async () => {
  const { stdout } = await promisify(execFile)('ssh', ['-G', ...sshArguments(host)]);
  const settings = stdout.split('\n');
  expect(settings).toContain('hostname 10.77.0.11');
  expect(settings).toContain('user root');
  expect(settings).toContain('stricthostkeychecking true');
  expect(settings).toContain('identityfile /state dir/id');
  expect(settings).toContain('userknownhostsfile /state dir/known_hosts');
  expect(settings).toContain('identitiesonly yes');
});

it('quotes a command for the shell on the other side', () => {
  expect(sshArguments(host, ['echo', "it's; rm -rf /"]).at(-1)).toBe(`echo 'it'\\''s; rm -rf /'`);
});
