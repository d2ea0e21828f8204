import type { TestProject } from 'vitest/node';
import { findBinaries } from './binaries.ts';
import { makeAuthority, type Pair } from './certificates.ts';
import { startControlPlane } from './control-plane.ts';

/** What test files get of the control plane that all of them share: `inject('controlPlane')`. */
export interface SharedControlPlane {
  server: string;
  ca: string;
  admin: Pair;
  /** A user without any right. */
  nobody: Pair;
  /** An administrator whose certificate ran out. */
  expired: Pair;
  /** An administrator of another CA. */
  stranger: Pair & { ca: string };
  /** A file for the administrator. */
  kubeconfig: string;
  kubectl: string | undefined;
  binaries: { etcd: string; 'kube-apiserver': string };
  /** Where it keeps everything: `http://127.0.0.1:PORT`. */
  etcd: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    controlPlane: SharedControlPlane | undefined;
  }
}

export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const found = await findBinaries(['etcd', 'kube-apiserver', 'kubectl']);
  const { etcd, 'kube-apiserver': apiServer, kubectl } = found;
  if (!etcd || !apiServer) {
    process.stderr.write(
      '\nAPI TIER SKIPPED: no etcd or kube-apiserver; npm run components builds them.\n\n',
    );
    project.provide('controlPlane', undefined);
    return undefined;
  }
  const binaries = { etcd, 'kube-apiserver': apiServer };
  const plane = await startControlPlane(binaries);
  const other = await makeAuthority('another-cluster');
  const hours = (count: number) => new Date(Date.now() + count * 3_600_000);
  const admin = 'CN=admin,O=system:masters';
  project.provide('controlPlane', {
    server: plane.server,
    ca: plane.ca.cert,
    admin: plane.admin,
    nobody: await plane.ca.issue({ subject: 'CN=nobody' }),
    expired: await plane.ca.issue({ subject: admin, notBefore: hours(-2), notAfter: hours(-1) }),
    stranger: { ca: other.cert, ...(await other.issue({ subject: admin })) },
    kubeconfig: plane.kubeconfig,
    kubectl,
    binaries,
    etcd: plane.etcd,
  });
  return () => plane.stop();
}
