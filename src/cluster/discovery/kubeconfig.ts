import { parse } from 'yaml';

/** What a cluster tells those who want to join it: where its API server is, and the CA that it is trusted by. */
export interface ClusterInfo {
  /** `https://10.0.0.1:6443` */
  server: string;
  /** PEM, one certificate or more. */
  ca: string;
}

interface KubeconfigFile {
  clusters?: { cluster?: { server?: unknown; 'certificate-authority-data'?: unknown } | null }[] | null;
}

/** From the kubeconfig in cluster-info, which is one cluster without a name; undefined where it is not that. */
export function readClusterInfo(text: string): ClusterInfo | undefined {
  let file: KubeconfigFile | null;
  try {
    file = parse(text) as KubeconfigFile | null;
  } catch {
    return undefined;
  }
  const clusters = Array.isArray(file?.clusters) ? file.clusters : [];
  const { server, 'certificate-authority-data': data } = clusters[0]?.cluster ?? {};
  if (clusters.length !== 1 || typeof server !== 'string' || typeof data !== 'string') return undefined;
  const ca = Buffer.from(data, 'base64').toString();
  return URL.canParse(server) && server.startsWith('https:') && ca.includes('BEGIN CERTIFICATE')
    ? { server: server.replace(/\/+$/, ''), ca }
    : undefined;
}
