import { execFileSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { expectRefusal } from '../support/cli.ts';
import { file, HOST, knownHosts, type Place, sshFlags, unchanged } from './place.ts';

/** The key that the host shows, and the one that is no key of it. */
const fingerprint = (key: string): string =>
  /SHA256:\S+/.exec(execFileSync('ssh-keygen', ['-lf', '-'], { input: key, encoding: 'utf8' }))?.[0] ??
  'none';

export function refusesReach(place: Place): void {
  const { cli } = place;

  it.each([
    ['init', (target: string) => ['init', target]],
    ['phase', (target: string) => ['phase', 'init', 'host', target]],
    ['join', (target: string) => ['join', HOST, '--via', target]],
    ['reset', (target: string) => ['reset', target, '--yes']],
  ])(
    '%s tells address and port where nobody listens, and refuses a key that it does not know',
    async (_, args) => {
      const { address } = await place.host();
      const flags = await sshFlags(place, 'first');
      await unchanged(place, async () => {
        const closed = await cli.run(args(`root@${address}:2`));
        const words = [`${address} port 2 refused`, 'ECONNREFUSED', 'systemctl status ssh'];
        expectRefusal(closed, EXIT.hostUnreachable, ...words);
        const unknown = await cli.run([...args(`root@${address}`), ...flags]);
        expectRefusal(unknown, EXIT.hostKey, 'unknown', 'no terminal', 'SHA256:', '--accept-new-host-keys');
      });
      expect(await knownHosts(place, 'first')).toBe('');
    },
  );

  it('a port where something else listens is told with what it said', async () => {
    const flags = await sshFlags(place, 'elsewhere');
    const { createServer } = await import('node:net');
    const server = createServer((socket) =>
      socket.on('error', () => undefined).end('220 mail.example ESMTP\r\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const outcome = await cli.run(['init', `root@127.0.0.1:${port}`, ...flags]);
    server.close();
    expectRefusal(outcome, EXIT.hostUnreachable, 'is not an SSH server', '220 mail.example ESMTP');
  });

  it('a name without an address is told within a minute', async () => {
    const outcome = await cli.run(['init', 'no-such-host.invalid'], { timeoutSeconds: 60 });
    expectRefusal(outcome, EXIT.hostUnreachable, 'no-such-host.invalid', 'getent hosts no-such-host.invalid');
  });

  it('a key that the host does not know is named, with its fingerprint', async () => {
    const { address } = await place.host();
    const wrong = join(cli.folder(), 'wrong');
    await rm(wrong, { force: true });
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', wrong]);
    const flags = await sshFlags(place, 'wrong-key', wrong);
    const run = () => cli.run(['init', `root@${address}`, ...flags, '--accept-new-host-keys']);
    const outcome = await unchanged(place, run);
    const print = execFileSync('ssh-keygen', ['-lf', wrong], { encoding: 'utf8' }).split(' ')[1]!;
    expectRefusal(outcome, EXIT.authentication, 'refused to log in root', '--identity-file', 'refused');
    expect(outcome.stderr).toContain(print);
  });

  it('B16: an unknown host key is refused without a terminal, and recorded with --accept-new-host-keys', async () => {
    const { address } = await place.host();
    const flags = await sshFlags(place, 'unknown');
    const init = ['init', `root@${address}`, '--dry-run', '--ignore-preflight-errors', 'all', ...flags];
    const outcome = await unchanged(place, () => cli.run(init));
    expectRefusal(outcome, EXIT.hostKey, 'unknown', 'no terminal', 'SHA256:', '--accept-new-host-keys');
    expect(await knownHosts(place, 'unknown')).toBe('');
    await cli.ok([...init, '--accept-new-host-keys']);
    const recorded = await knownHosts(place, 'unknown');
    expect(outcome.stderr).toContain(fingerprint(recorded));
    await cli.ok(init);
    expect(await knownHosts(place, 'unknown')).toBe(recorded);
  });

  it('B16: a changed host key is refused always, with both fingerprints and how to drop the old one', async () => {
    const { address } = await place.host();
    const flags = await sshFlags(place, 'changed');
    const wrong = join(cli.folder(), 'wrong.pub');
    const other = execFileSync('cut', ['-d', ' ', '-f', '1,2', wrong], { encoding: 'utf8' }).trim();
    const line = `${address} ${other}\n`;
    const known = await file(place, 'known_hosts.changed', line);
    const run = () => cli.run(['init', `root@${address}`, ...flags, '--accept-new-host-keys']);
    const outcome = await unchanged(place, run);
    expectRefusal(outcome, EXIT.hostKey, 'not the recorded one', `ssh-keygen -R ${address} -f`, `${known}:1`);
    expect(outcome.stderr).toContain(fingerprint(line));
    expect(outcome.stderr).toContain(fingerprint(await knownHosts(place, 'unknown')));
    expect(await knownHosts(place, 'changed')).toBe(line);
  });
}
