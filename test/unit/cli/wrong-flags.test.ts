import { createServer, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import ImagesPull from '../../../commands/images/pull.ts';
import Init from '../../../commands/init.ts';
import Join from '../../../commands/join.ts';
import PhaseInit from '../../../commands/phase/init.ts';
import { runCommand } from '../../fakes/cli.ts';

// They were found only after the host was connected, the first of them alone.
describe('flags with wrong values are refused all at once, before any host is reached', () => {
  let server: Server;
  let connections = 0;
  let host: string;
  beforeEach(async () => {
    connections = 0;
    server = createServer((socket) => {
      connections++;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const wrong = [
    ...['--pod-subnet', 'foo', '--service-subnet', '10.96.0.0/30', '--kubernetes-version', 'v9'],
    ...['--apiserver-cert-extra-sans', 'a b', '--cluster-name', 'Prod', '--service-dns-domain', '-'],
    ...['--image-repository', 'https://x', '--control-plane-endpoint', 'x_y', '--artifacts-mirror', 'nine'],
    ...['--advertise-address', '127.0.0.1', '--name', 'CP'],
  ];
  const fields = [
    ...['networking.podSubnet', 'networking.serviceSubnet', 'kubernetesVersion', 'certSANs[0]', 'name'],
    ...['networking.dnsDomain', 'imageRepository', 'endpoint.name', 'artifacts.mirror'],
    ...['hosts[0].address', 'hosts[0].name'],
  ];

  it.each([
    ['init', Init, []],
    ['phase init', PhaseInit, ['certs']],
  ] as const)('of %s', async (_, command, words) => {
    const { failure } = await runCommand(command, [...words, host, ...wrong]);
    expect(failure).toMatchObject({ code: 'InvalidClusterSpec', exit: 23 });
    for (const field of fields) expect(failure?.message).toContain(`- ${field}: `);
    expect(connections).toBe(0);
  });

  it('of join, and the control plane of --via is not reached either', async () => {
    const argv = [host, '--via', host, '--name', 'W_1', '--advertise-address', 'foo'];
    const { failure } = await runCommand(Join, argv);
    expect(failure).toMatchObject({ code: 'InvalidClusterSpec', exit: 23 });
    expect(failure?.message).toMatch(/hosts\[0\]\.name: [\s\S]*hosts\[0\]\.address: /);
    expect(connections).toBe(0);
  });

  it('of images pull', async () => {
    const { failure } = await runCommand(ImagesPull, [host, '--kubernetes-version', 'v9']);
    expect(failure).toMatchObject({ code: 'InvalidClusterSpec', exit: 23 });
    expect(connections).toBe(0);
  });

  it('and with right ones the host is reached', async () => {
    const { failure } = await runCommand(Init, [host, '--pod-subnet', '10.50.0.0/16']);
    expect(failure?.exit).not.toBe(23);
    expect(connections).toBeGreaterThan(0);
  });
});
