import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries } from './binaries.ts';
import { plane } from './plane.ts';
import { startDaemon } from './server.ts';

/** The real controllers that sign cluster-info with each token and remove tokens that have expired. */
export async function startBootstrapSigner(): Promise<() => Promise<void>> {
  const { 'kube-controller-manager': binary } = await findBinaries(['kube-controller-manager']);
  if (!binary) throw new Error('no kube-controller-manager in the cache; npm run components builds it');
  const folder = mkdtempSync(join(tmpdir(), 'kubewright-signer-'));
  const daemon = startDaemon(folder, 'kube-controller-manager', binary, [
    `--kubeconfig=${plane().kubeconfig}`,
    '--controllers=bootstrapsigner,tokencleaner',
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    '--secure-port=0',
  ]);
  return async () => {
    await daemon.stop('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  };
}
