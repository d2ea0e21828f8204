import { KubewrightError } from '../../src/base/errors.ts';
import { ApiError } from '../../src/kube/errors.ts';
import type { ApiClient, ApiRequest } from '../../src/kube/port.ts';

export interface FakeMember {
  ID: string;
  name?: string;
  peerURLs: string[];
  clientURLs?: string[];
  isLearner?: boolean;
}

interface Claim {
  compare: [{ value?: string }];
  success: [{ request_put: { key: string; value: string; lease: string } }];
}

/** An etcd cluster in memory, spoken to as its gRPC gateway is; held to the real one by test/api/etcd.test.ts. */
export class FakeEtcd {
  readonly members: FakeMember[] = [];
  /** Hosts that do not answer. */
  readonly down = new Set<string>();
  /** What a majority has to agree to is refused. */
  withoutMajority = false;
  /** Every request that changed something, `add https://…`. */
  readonly changes: string[] = [];
  /** What runs hold, by key. */
  readonly claims = new Map<string, { owner: string; lease: string }>();
  /** Called before each answer: the rest of the world goes on meanwhile. */
  meanwhile: () => void = () => undefined;
  #ids = 1;

  constructor(...nodes: { name: string; address: string }[]) {
    for (const node of nodes) this.enter(node);
  }

  /** A member that votes, whoever made it one. */
  enter({ name, address }: { name: string; address: string }): void {
    this.start(this.#add(address, false), name);
  }

  /** As when its member's etcd came up. */
  start(member: FakeMember, name: string): void {
    member.name = name;
    member.clientURLs = member.peerURLs.map((url) => url.replace(':2380', ':2379'));
  }

  at(address: string): FakeMember | undefined {
    return this.members.find(({ peerURLs }) => peerURLs[0] === `https://${address}:2380`);
  }

  client = (server: string): ApiClient => {
    const refuse = (): never => {
      throw new Error('only requests');
    };
    return {
      server,
      namespace: 'default',
      request: async (request: ApiRequest) => {
        const body = this.#answer(server, request) as never;
        return { status: 200, body, warnings: [], headers: {} };
      },
      stream: refuse,
      upgrade: refuse,
      discovery: refuse,
      close: async () => undefined,
    };
  };

  #answer(server: string, { path, body = {} }: ApiRequest): object {
    this.meanwhile();
    if (this.down.has(new URL(server).hostname)) {
      throw new KubewrightError({ code: 'ConnectionRefused', message: 'refused', exit: 'apiUnreachable' });
    }
    const { ID = '', peerURLs = [] } = body as { ID?: string; peerURLs?: string[] };
    const refused = (message: string): never => {
      throw new ApiError({
        server,
        method: 'POST',
        path,
        httpStatus: 400,
        status: { kind: 'Status', status: 'Failure', message },
      });
    };
    const local =
      (body as { linearizable?: boolean }).linearizable === false || path.startsWith('/v3/maintenance');
    if (this.withoutMajority && !local) return refused('etcdserver: request timed out');
    const found = this.members.find((member) => member.ID === ID);
    switch (path) {
      case '/v3/cluster/member/list':
        return { members: structuredClone(this.members) };
      case '/v3/cluster/member/add':
        this.changes.push(`add ${peerURLs[0]}`);
        if (this.members.some(({ isLearner }) => isLearner))
          return refused('too many learner members in cluster');
        return this.#add(new URL(peerURLs[0]!).hostname, true);
      case '/v3/cluster/member/promote':
        if (!found?.name) return refused('can only promote a learner member which is in sync with leader');
        this.changes.push(`promote ${found.name}`);
        delete found.isLearner;
        return {};
      case '/v3/cluster/member/remove':
        this.changes.push(`remove ${found?.peerURLs[0]}`);
        this.members.splice(this.members.indexOf(found!), 1);
        return {};
      case '/v3/lease/grant':
        return { ID: String(this.#ids++) };
      case '/v3/lease/keepalive':
        return {};
      case '/v3/lease/revoke':
        for (const [key, { lease }] of this.claims) if (lease === ID) this.claims.delete(key);
        return {};
      case '/v3/kv/txn':
        return this.#claim(body as Claim);
      case '/v3/maintenance/status':
        return { leader: '1', version: '3.7.3', dbSize: '20480' };
      case '/v3/kv/range':
        return {};
      default:
        return refused(`no such path: ${path}`);
    }
  }

  #claim({ compare: [{ value }], success: [{ request_put: put }] }: Claim): object {
    const there = this.claims.get(put.key);
    if (there?.owner !== value)
      return { responses: [{ response_range: { kvs: [{ value: there?.owner }] } }] };
    this.claims.set(put.key, { owner: put.value, lease: put.lease });
    return { succeeded: true };
  }

  #add(address: string, learner: boolean): FakeMember {
    const member: FakeMember = { ID: String(this.#ids++), peerURLs: [`https://${address}:2380`] };
    if (learner) member.isLearner = true;
    this.members.push(member);
    return member;
  }
}
