import type { Duplex, Readable } from 'node:stream';
import type { WebSocket } from 'ws';

/** A Kubernetes object as it stands in the file or on the wire: raw JSON, no generated model in between. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name?: string;
    generateName?: string;
    namespace?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    resourceVersion?: string;
    uid?: string;
    [key: string]: unknown;
  };
  [key: string]: unknown;
}

export interface ApiRequest {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `/api/v1/namespaces/default/pods/x`, each segment already percent-encoded. */
  path: string;
  query?: Record<string, string | number | boolean | undefined | string[]>;
  body?: unknown;
  /** Default application/json. */
  contentType?: string;
  accept?: string;
  /** Milliseconds for the whole exchange; default 30 000. */
  timeoutMs?: number;
  signal?: AbortSignal;
  /** Acts for this user in this request only, in place of the endpoint's. */
  impersonate?: Impersonation;
}

export interface Impersonation {
  user?: string;
  groups?: string[];
  uid?: string;
}

export interface ApiResponse<T = unknown> {
  status: number;
  body: T;
  /** The server's `Warning:` headers, unquoted. */
  warnings: string[];
  headers: Record<string, string | string[] | undefined>;
}

/**
 * One API server, or another of the cluster's where that one fails, over one multiplexed HTTP/2 connection, with a
 * second one for watches and logs. Obeys 429 with Retry-After. Throws ApiError for any status from 400 up, and a
 * KubewrightError that names the cause (refused, DNS, wrong CA, expired certificate, timeout) below that.
 */
export interface ApiClient {
  request<T = unknown>(request: ApiRequest): Promise<ApiResponse<T>>;
  /** The body as it comes, on the second connection: logs and watches. Ends with the stream. */
  stream(request: ApiRequest): Promise<Readable>;
  /** A WebSocket upgrade with the first protocol that the server takes: exec, attach, port-forward. */
  upgrade(request: ApiRequest, protocols: string[]): Promise<WebSocket>;
  /** Aggregated discovery in two requests, cached on disk; `fresh` asks again. */
  discovery(options?: { fresh?: boolean }): Promise<ResourceType[]>;
  readonly server: string;
  /** The context's namespace, `default` where it names none. */
  readonly namespace: string;
  close(): Promise<void>;
}

export interface ResourceType {
  group: string;
  version: string;
  kind: string;
  /** Plural name as in the path. */
  resource: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  verbs: string[];
  subresources: string[];
  /** Place in the server's order of preference, of groups and then versions: lower wins. */
  preference: number;
}

/** How a client reaches its server. */
export interface ApiEndpoint {
  /** `https://10.0.0.1:6443`, without a trailing slash. */
  server: string;
  /** Every API server of the cluster, `server` first, where there are several: any of them will do. */
  servers?: readonly string[];
  tls: {
    ca?: string | Buffer;
    cert?: string | Buffer;
    key?: string | Buffer;
    serverName?: string;
    insecure?: boolean;
  };
  /** Asked before each request; exec plugins and token files refresh behind it. `refused`: the last one got a 401. */
  authorization?: (refused?: boolean) => Promise<string | undefined>;
  /** Asked before each connection where an exec plugin gives a certificate; wins over tls.cert and tls.key. */
  clientCertificate?: () => Promise<{ cert: string; key: string } | undefined>;
  /** Opens the byte stream to `server`, or that one of `servers`, in place of TCP: an SSH tunnel, a proxy. */
  dial?: (server: string, signal: AbortSignal) => Promise<Duplex>;
  namespace?: string;
  impersonate?: Impersonation;
}

/** metav1.Status, as API servers answer errors. */
export interface Status {
  kind: 'Status';
  status: 'Failure' | 'Success';
  message?: string;
  reason?: string;
  details?: {
    name?: string;
    kind?: string;
    group?: string;
    retryAfterSeconds?: number;
    causes?: { reason?: string; message?: string; field?: string }[];
  };
  code?: number;
}
