import { randomInt } from 'node:crypto';
import { Store } from './store.ts';

export interface SimMember {
  ID: string;
  /** Empty until it was started. */
  name: string;
  peerURLs: string[];
  clientURLs: string[];
  isLearner: boolean;
}

interface EtcdRequest {
  ID?: string;
  peerURLs?: string[];
  isLearner?: boolean;
  compare?: { value?: string }[];
  success?: { request_put: { key: string; value: string; lease: string } }[];
}

/** The raft cluster that several hosts' etcd form: who is a member, and what they keep. Rules as in etcd's server. */
export class EtcdCluster {
  readonly id: string;
  readonly store = new Store();
  members: SimMember[] = [];
  /** Keys of runs under their leases; owners in base64. */
  claims: ReadonlyMap<string, { owner: string; lease: string }> = new Map();

  constructor(id: string) {
    this.id = id;
  }

  enter(peerUrl: string, isLearner: boolean): SimMember {
    const ID = `${randomInt(1, 2 ** 47)}${randomInt(1000, 9999)}`;
    const member = { ID, name: '', peerURLs: [peerUrl], clientURLs: [], isLearner };
    this.members.push(member);
    return member;
  }

  /** `running`: ids of members whose process answers. */
  hasQuorum(running: ReadonlySet<string>): boolean {
    const voters = this.members.filter(({ isLearner }) => !isLearner);
    return voters.filter(({ ID }) => running.has(ID)).length * 2 > voters.length;
  }

  /** One request of etcd's JSON gateway; a text is what etcd refuses it with. */
  answer(path: string, body: EtcdRequest, running: ReadonlySet<string>): object | string {
    const found = this.members.find(({ ID }) => ID === body.ID);
    switch (path) {
      case '/v3/cluster/member/list':
        return { members: this.members.map(wire) };
      case '/v3/cluster/member/add':
        return this.#add(body.peerURLs?.[0] ?? '', body.isLearner ?? false, running);
      case '/v3/cluster/member/promote':
        if (!found) return 'etcdserver: member not found';
        if (!found.isLearner) return 'etcdserver: can only promote a learner member';
        if (!running.has(found.ID))
          return 'etcdserver: can only promote a learner member which is in sync with leader';
        found.isLearner = false;
        return { members: this.members.map(wire) };
      case '/v3/cluster/member/remove':
        return found ? this.#remove(found, running) : 'etcdserver: member not found';
      case '/v3/lease/grant':
        return { ID: String(randomInt(1, 2 ** 47)) };
      case '/v3/lease/keepalive':
        return {};
      case '/v3/lease/revoke':
        this.claims = new Map([...this.claims].filter(([, { lease }]) => lease !== body.ID));
        return {};
      case '/v3/kv/txn':
        return this.#claim(body);
      case '/v3/maintenance/status':
        return { leader: this.members.find(({ ID }) => running.has(ID))?.ID ?? '0' };
      default:
        return `the simulated etcd does not know ${path}`;
    }
  }

  /** A put where nobody is there, or this one is; otherwise who is. */
  #claim({ compare = [], success = [] }: EtcdRequest): object {
    const put = success[0]!.request_put;
    const there = this.claims.get(put.key);
    if (there?.owner !== compare[0]?.value)
      return { responses: [{ response_range: { kvs: [{ value: there?.owner }] } }] };
    this.claims = new Map([...this.claims, [put.key, { owner: put.value, lease: put.lease }]]);
    return { succeeded: true };
  }

  #add(peerUrl: string, isLearner: boolean, running: ReadonlySet<string>): object | string {
    if (this.members.some(({ peerURLs }) => peerURLs.includes(peerUrl)))
      return 'etcdserver: Peer URLs already exists';
    if (this.members.some((member) => !member.isLearner && !running.has(member.ID)))
      return 'etcdserver: unhealthy cluster';
    if (isLearner && this.members.some((member) => member.isLearner))
      return 'etcdserver: too many learner members in cluster';
    const member = this.enter(peerUrl, isLearner);
    return { member: wire(member), members: this.members.map(wire) };
  }

  /** mayRemoveMember: what is left has to have a majority that runs. */
  #remove(member: SimMember, running: ReadonlySet<string>): object | string {
    const left = this.members.filter((other) => other !== member && !other.isLearner);
    const up = left.filter(({ ID }) => running.has(ID)).length;
    if (!member.isLearner && running.has(member.ID) && up * 2 <= left.length)
      return 'etcdserver: re-configuration failed due to not enough started members';
    this.members = this.members.filter((other) => other !== member);
    return { members: this.members.map(wire) };
  }
}

/** protojson leaves out what is empty or false. */
function wire({ ID, name, peerURLs, clientURLs, isLearner }: SimMember): object {
  return {
    ID,
    peerURLs,
    ...(name ? { name } : {}),
    ...(clientURLs.length > 0 ? { clientURLs } : {}),
    ...(isLearner ? { isLearner } : {}),
  };
}
