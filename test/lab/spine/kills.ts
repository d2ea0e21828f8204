import { X509Certificate } from 'node:crypto';
import { expect, it } from 'vitest';
import { openStore } from '../../../src/artifacts/store.ts';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { silent } from '../../../src/output/events.ts';
import { expectRefusal, type Outcome } from '../support/cli.ts';
import { STRAYS, spkiOf } from '../support/leftovers.ts';
import { on, type Spine } from './spine.ts';

const PKI = '/etc/kubernetes/pki';

/** In the order in which `init` comes by: each run goes on where the one before was killed. */
const accidents = [
  { at: 'certs/pki/1:mid', what: 'while the key of the CA is written' },
  { at: 'certs/pki/2:after-unacked', what: 'when the certificate of the CA is there and nobody knows' },
  { at: 'runtime/containerd/1:mid', what: 'in the middle of an upload' },
  { at: 'runtime/containerd.service/2:after-unacked', what: 'when a unit runs and nobody knows' },
  { at: 'control-plane/kube-apiserver/1:before', what: 'before a manifest is written' },
  { at: 'kubelet-start/kubelet.service/1:after-unacked', what: 'when the kubelet runs and nobody knows' },
  { at: 'controllers/kube-scheduler/1:before', what: 'before the scheduler has its manifest' },
];

export function survivesKills(spine: Spine): void {
  const { cli } = spine;
  const keys: string[] = [];

  it.each(accidents)('B01: init is killed at $at: $what', async ({ at }) => {
    const outcome: Outcome = await cli.run(['init', 'cp1'], { env: { KUBEWRIGHT_FAULT: `${at}:kill9` } });
    expect(outcome.signal, outcome.stderr + outcome.stdout).toBe('SIGKILL');
    const certificate = await on(spine, 'cp1', `cat ${PKI}/ca.crt 2>/dev/null || true`);
    // A file is there whole, or not at all.
    if (certificate) keys.push(spkiOf(certificate));
  });

  it('B04: Ctrl-C ends the step, says how to go on, and exits with 130', async () => {
    const outcome = await cli.run(['init', 'cp1', '-o', 'ndjson'], {
      onLine: (line, child) => {
        if (!child.killed && line.includes('"type":"phase"')) child.kill('SIGINT');
      },
    });
    expectRefusal(outcome, EXIT.interrupted, 'Interrupted', 'kubewright init cp1');
  });

  it('B01: the same command then finishes what was begun, with the very CA whose certificate existed once', async () => {
    const done = await cli.json<{ changed: number }>(['init', 'cp1']);
    expect(done.changed).toBeGreaterThan(0);
    keys.push(spkiOf(await on(spine, 'cp1', `cat ${PKI}/ca.crt`)));
    expect(keys.length).toBe(accidents.length);
    expect(new Set(keys).size).toBe(1);
    expect((await cli.run(['get', 'nodes'])).exit).toBe(0);
  });

  it('B01, B02: and there is no torn file and no stray one', async () => {
    expect((await on(spine, 'cp1', STRAYS)).trim()).toBe('');
    const files = await openStore({ env: process.env, reporter: silent }).hostFiles('amd64', 'v1.37.2');
    const sums = await on(spine, 'cp1', `sha256sum ${files.map(({ path }) => path).join(' ')}`);
    for (const { path, artifact } of files) expect(sums).toContain(`${artifact.sha256}  ${path}`);
    const ca = new X509Certificate(await on(spine, 'cp1', `cat ${PKI}/ca.crt`));
    for (const name of ['apiserver', 'apiserver-kubelet-client']) {
      const certificate = new X509Certificate(await on(spine, 'cp1', `cat ${PKI}/${name}.crt`));
      expect(certificate.verify(ca.publicKey), name).toBe(true);
    }
    expect(await cli.json(['init', 'cp1'])).toMatchObject({ changed: 0 });
  });
}
