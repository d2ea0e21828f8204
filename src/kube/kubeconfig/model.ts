/** A kubeconfig as far as it is used (client.authentication.k8s.io, clientcmd/api/v1/types.go). */
export interface ClusterEntry {
  server: string;
  'certificate-authority'?: string;
  'certificate-authority-data'?: string;
  'tls-server-name'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'proxy-url'?: string;
  extensions?: { name: string; extension: unknown }[];
}

export interface UserEntry {
  'client-certificate'?: string;
  'client-certificate-data'?: string;
  'client-key'?: string;
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  as?: string;
  'as-uid'?: string;
  'as-groups'?: string[];
  exec?: ExecEntry;
  'auth-provider'?: { name: string; config?: Record<string, string> };
}

export interface ExecEntry {
  apiVersion: string;
  command: string;
  args?: string[] | null;
  env?: { name: string; value: string }[] | null;
  installHint?: string;
  provideClusterInfo?: boolean;
  interactiveMode?: 'Never' | 'IfAvailable' | 'Always';
}

export interface ContextEntry {
  cluster: string;
  user: string;
  namespace?: string;
}

/** Something with a name, and the file that it stands in: relative paths are relative to that. */
export interface Named<T> {
  name: string;
  file: string;
  value: T;
}

/** Several files as one: of two entries with the same name the first file's wins. */
export interface Kubeconfig {
  files: string[];
  clusters: Map<string, Named<ClusterEntry>>;
  users: Map<string, Named<UserEntry>>;
  contexts: Map<string, Named<ContextEntry>>;
  currentContext: string;
}
