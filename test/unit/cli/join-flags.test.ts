import { describe, expect, it } from 'vitest';
import Join from '../../../commands/join.ts';
import { joinWords } from '../../../src/cli/join-flags.ts';
import { runCommand } from '../../fakes/cli.ts';

const PIN = `sha256:${'0'.repeat(64)}`;
const token = 'abcdef.0123456789abcdef';

describe('the words of join', () => {
  it('are hosts, which need no token', () => {
    expect(joinWords(['w1:2222', 'w2'], {}, undefined)).toEqual({ targets: ['w1:2222', 'w2'] });
  });

  it('are hosts that join the named server by a token', () => {
    const flags = { token, server: '10.0.0.1:6443', 'ca-cert-hash': [PIN] };
    expect(joinWords(['w1', 'local'], flags, 1000)).toEqual({
      targets: ['w1', 'local'],
      ticket: {
        server: '10.0.0.1:6443',
        token,
        caCertHashes: [PIN],
        unsafeSkipCaVerification: false,
        discoveryMs: 1000,
      },
    });
  });

  it("are the server that this machine joins, in kubeadm's way", () => {
    const { targets, ticket } = joinWords(['10.0.0.1:6443'], { token }, undefined);
    expect(targets).toEqual(['local']);
    expect(ticket?.server).toBe('10.0.0.1:6443');
  });

  it.each([[['w1']], [['w1', '10.0.0.1:6443']]])('are refused where the server is missing: %j', (words) => {
    expect(() => joinWords(words, { token }, undefined)).toThrow(
      expect.objectContaining({ code: 'ServerMissing' }),
    );
  });

  it('that are not there leave a hint that can be read', () => {
    expect(() => joinWords([], { token }, undefined)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('kubewright join HOST… --server HOST:PORT') }),
    );
  });
});

describe('join on the command line', () => {
  const run = (...argv: string[]) => runCommand(Join, argv);

  it("takes kubeadm's own names, and asks for a pin before anything else", async () => {
    const { failure } = await run('127.0.0.1:1', '--token', token);
    expect(failure).toMatchObject({ code: 'CaCertHashMissing', exit: 2 });
    const long = ['127.0.0.1:1', '--token', token, '--discovery-token-ca-cert-hash', 'sha256:12'];
    expect((await run(...long)).failure).toMatchObject({ code: 'InvalidCaCertHash', exit: 23 });
    const short = ['local', '--server', 'x y', '--token', token, '--ca-cert-hash', PIN];
    expect((await run(...short)).failure).toMatchObject({ code: 'InvalidServer', exit: 23 });
  });

  it.each([
    [['w1', '--server', '10.0.0.1:6443']],
    [['w1', '--ca-cert-hash', PIN]],
    [['w1', '--server', '10.0.0.1:6443', '--token', token, '--via', 'cp1']],
  ])('refuses %j', async (argv) => {
    expect((await run(...argv)).exit).toBe(2);
  });
});
