import { KubewrightError } from '../../base/errors.ts';
import { ApiError } from '../../kube/errors.ts';
import type { ApiClient } from '../../kube/port.ts';

export interface Member {
  /** uint64 in decimal, as etcd's JSON has it. */
  id: string;
  /** Empty until the member has been started. */
  name: string;
  peerUrl: string;
  /** Absent until the member has been started. */
  clientUrl?: string;
  learner: boolean;
}

/**
 * Membership of one etcd cluster, through any of its members, by etcd's own gRPC gateway: JSON over HTTPS, on by
 * default (server/embed/config.go, EnableGRPCGateway). Throws EtcdUnreachable, or EtcdRefused with etcd's words.
 */
export interface EtcdClient {
  /** As a majority knows them: without one this fails. `local`: as this one member does, and perhaps not the newest. */
  members(options?: { local?: boolean }): Promise<Member[]>;
  addLearner(peerUrl: string): Promise<void>;
  promote(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  /** What the member at this client URL says of itself. Throws where it does not answer. */
  status(clientUrl: string): Promise<MemberStatus>;
  /** What is under this key as this one member has it: without a majority too, and perhaps not the newest. */
  read(key: string): Promise<Buffer | undefined>;
  /** Whether this one member has any key that begins so. */
  hasBelow(prefix: string): Promise<boolean>;
  /** Id of a lease that ends by itself after so long, unless it is renewed. */
  grantLease(seconds: number): Promise<string>;
  renewLease(id: string): Promise<void>;
  /** What is under it goes with it. */
  revokeLease(id: string): Promise<void>;
  /**
   * Puts `owner` under the key for as long as the lease lives, in one transaction: where nobody is there, or `instead` of
   * this one. Undefined where that was done; otherwise who is there.
   */
  claim(key: string, owner: string, lease: string, instead?: string): Promise<string | undefined>;
  /** The same cluster through another of its members. */
  through(clientUrl: string): EtcdClient;
}

export interface MemberStatus {
  /** Of the member that answered, and of the cluster that it is one of. */
  id: string;
  clusterId: string;
  version: string;
  /** Id of the member that it takes for the leader; absent where it knows none. */
  leader?: string;
  sizeBytes: number;
  /** Alarms, and that it knows no leader. */
  complaints: string[];
}

/** etcd answers at once or has no quorum; kubeadm gives it 2 s, an SSH connection adds to that. */
const timeoutMs = 5000;

/** `connect` gives JSON requests to the member at that client URL. */
export function etcdClient(entry: string, connect: (clientUrl: string) => ApiClient): EtcdClient {
  const clients = new Map<string, ApiClient>();
  const clientOf = (url: string): ApiClient => {
    const client = clients.get(url) ?? connect(url);
    clients.set(url, client);
    return client;
  };
  const post = async <T>(url: string, path: string, body: object): Promise<T> => {
    try {
      return (await clientOf(url).request<T>({ method: 'POST', path: `/v3/${path}`, body, timeoutMs })).body;
    } catch (error) {
      throw error instanceof KubewrightError ? told(url, error) : error;
    }
  };
  return {
    members: async ({ local = false } = {}) => {
      const body = { linearizable: !local };
      const answer = await post<{ members?: WireMember[] }>(entry, 'cluster/member/list', body);
      return (answer.members ?? []).map(toMember);
    },
    addLearner: async (peerUrl) => {
      await post(entry, 'cluster/member/add', { peerURLs: [peerUrl], isLearner: true });
    },
    promote: async (id) => void (await post(entry, 'cluster/member/promote', { ID: id })),
    remove: async (id) => void (await post(entry, 'cluster/member/remove', { ID: id })),
    status: async (url) => toStatus(await post<WireStatus>(url, 'maintenance/status', {})),
    read: async (key) => {
      const body = { key: base64(key), serializable: true };
      const { kvs = [] } = await post<{ kvs?: { value?: string }[] }>(entry, 'kv/range', body);
      return kvs[0] && Buffer.from(kvs[0].value ?? '', 'base64');
    },
    hasBelow: async (prefix) => {
      // The key after all that begin so: the last byte is one more (client/v3, GetPrefixRangeEnd).
      const end = `${prefix.slice(0, -1)}${String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)}`;
      const range = { key: base64(prefix), range_end: base64(end), limit: '1', keys_only: true };
      const body = { ...range, serializable: true };
      const { kvs = [] } = await post<{ kvs?: unknown[] }>(entry, 'kv/range', body);
      return kvs.length > 0;
    },
    grantLease: async (TTL) => (await post<{ ID: string }>(entry, 'lease/grant', { TTL })).ID,
    renewLease: async (ID) => void (await post(entry, 'lease/keepalive', { ID })),
    revokeLease: async (ID) => void (await post(entry, 'lease/revoke', { ID })),
    claim: async (key, owner, lease, instead) => {
      const body = claimRequest(base64(key), base64(owner), lease, instead && base64(instead));
      const answer = await post<WireClaim>(entry, 'kv/txn', body);
      const [there] = answer.responses?.[0]?.response_range?.kvs ?? [];
      return answer.succeeded ? undefined : Buffer.from(there?.value ?? '', 'base64').toString();
    },
    through: (url) => etcdClient(url, clientOf),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** A transaction of etcd (api/etcdserverpb/rpc.proto): put where the comparison holds, else tell what is there. */
function claimRequest(key: string, value: string, lease: string, instead: string | undefined): object {
  const free = { key, target: 'CREATE', create_revision: '0' };
  const theirs = { key, target: 'VALUE', value: instead };
  return {
    compare: [instead === undefined ? free : theirs],
    success: [{ request_put: { key, value, lease } }],
    failure: [{ request_range: { key } }],
  };
}

interface WireClaim {
  succeeded?: boolean;
  responses?: { response_range?: { kvs?: { value?: string }[] } }[];
}

/** protojson leaves out what is zero or empty. */
interface WireMember {
  ID: string;
  name?: string;
  peerURLs?: string[];
  clientURLs?: string[];
  isLearner?: boolean;
}

interface WireStatus {
  header?: { cluster_id?: string; member_id?: string };
  version?: string;
  /** 64 bits, as a text. */
  dbSize?: string;
  errors?: string[];
  leader?: string;
}

function toStatus({ header, version = '', dbSize = '0', errors = [], leader }: WireStatus): MemberStatus {
  const led = leader !== undefined && leader !== '0';
  const complaints = led ? errors : [...errors, 'it knows no leader'];
  const { cluster_id: clusterId = '', member_id: id = '' } = header ?? {};
  const about = { id, clusterId, version, sizeBytes: Number(dbSize), complaints };
  return { ...about, ...(led ? { leader } : {}) };
}

function toMember({ ID: id, name = '', peerURLs, clientURLs, isLearner }: WireMember): Member {
  const [clientUrl] = clientURLs ?? [];
  return {
    id,
    name,
    peerUrl: peerURLs?.[0] ?? '',
    learner: isLearner ?? false,
    ...(clientUrl === undefined ? {} : { clientUrl }),
  };
}

function told(url: string, error: KubewrightError): KubewrightError {
  const refused = error instanceof ApiError;
  const words = (refused && error.status.message) || error.message;
  return new KubewrightError({
    code: refused ? 'EtcdRefused' : 'EtcdUnreachable',
    message: `etcd at ${url}: ${words}`,
    hint: 'On that host: crictl ps -a --name etcd; ls /var/log/pods.',
    exit: 'step',
    cause: error,
  });
}
