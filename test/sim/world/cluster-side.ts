import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { answerApi } from './api-server.ts';
import { lead, runControllers } from './controllers.ts';
import { EtcdCluster, type SimMember } from './etcd.ts';
import { type Reachable, runKubelet } from './node.ts';
import { type Asked, type Keys, type SimServer, serve } from './server.ts';
import type { CaPair } from './signer.ts';
import type { SimHost } from './sim-host.ts';
import { type RunningPod, StaticPods } from './static-pods.ts';

interface Member {
  cluster: EtcdCluster;
  member: SimMember;
}

interface Seen {
  host: SimHost;
  pods: Map<string, RunningPod>;
  etcd: Member | undefined;
}

type ClusterState = {
  members: SimMember[];
  claims: EtcdCluster['claims'];
  content: ReturnType<EtcdCluster['store']['snapshot']>;
};

/**
 * What would run on the hosts: etcd, the API servers, the controllers and the kubelets, all in this process. What they
 * know lies on the hosts' disks and in the etcd clusters that these name; what runs follows from that, 50 times a second.
 */
export class ClusterSide {
  /** What no real cluster would survive: each is a failure of the test. */
  readonly accidents: string[] = [];
  /** Requests of the operator's that changed something, or would have. */
  changes = 0;
  readonly #hosts: { host: SimHost; pods: StaticPods }[];
  readonly #clusters = new Map<string, EtcdCluster>();
  readonly #servers = new Map<string, { key: string; server: SimServer }>();
  readonly #timer: NodeJS.Timeout;
  #busy = false;
  #round: Promise<void> = Promise.resolve();
  #members = new Set<string>();

  constructor(hosts: readonly SimHost[]) {
    this.#hosts = hosts.map((host) => ({ host, pods: new StaticPods(host) }));
    this.#timer = setInterval(() => {
      if (!this.#busy) this.#begin();
    }, 20);
  }

  #begin(): void {
    this.#busy = true;
    this.#round = this.#turn().finally(() => {
      this.#busy = false;
    });
  }

  /** The etcd clusters that were ever founded. */
  get clusters(): EtcdCluster[] {
    return [...this.#clusters.values()];
  }

  /** Whether the host serves something at this port now. */
  listens(host: SimHost, port: number): boolean {
    return this.#servers.get(`${host.loopback}:${port}`)?.server.listening ?? false;
  }

  snapshot(): Map<string, ClusterState> {
    const state = ({ members, store, claims }: EtcdCluster): ClusterState => ({
      claims,
      members: structuredClone(members),
      content: store.snapshot(),
    });
    return new Map(this.clusters.map((cluster) => [cluster.id, state(cluster)]));
  }

  restore(states: ReadonlyMap<string, ClusterState>): void {
    for (const id of this.#clusters.keys()) if (!states.has(id)) this.#clusters.delete(id);
    for (const [id, { members, content, claims }] of states) {
      const cluster = this.#clusters.get(id) ?? new EtcdCluster(id);
      cluster.members = structuredClone(members);
      cluster.claims = claims;
      cluster.store.restore(content);
      this.#clusters.set(id, cluster);
    }
    this.accidents.length = 0;
  }

  /** Between two looks: nothing of the cluster changes a disk meanwhile. */
  async still<T>(work: () => T): Promise<T> {
    while (this.#busy) await this.#round;
    return work();
  }

  /** What runs follows from the disks as they are now; a server with other keys is opened at the second look. */
  async catchUp(): Promise<void> {
    for (let look = 0; look < 2; look++) {
      await this.still(() => this.#begin());
      await this.#round;
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#round;
    for (const { server } of this.#servers.values()) server.close();
  }

  async #turn(): Promise<void> {
    try {
      const seen = this.#hosts.map(
        ({ host, pods }): Seen => ({ host, pods: host.off ? new Map() : pods.running(), etcd: undefined }),
      );
      for (const one of seen) one.etcd = this.#memberOf(one);
      this.#members = new Set(seen.flatMap(({ etcd }) => etcd?.member.ID ?? []));
      const servers = new Set(seen.flatMap((one) => this.#serve(one)));
      for (const [at, { server }] of this.#servers) if (!servers.has(at)) this.#end(at, server);
      const apis = seen.flatMap((one) => this.#reachable(one, seen));
      for (const { host } of seen) if (!host.off) await runKubelet(host, apis);
      for (const one of seen) await this.#control(one, seen);
    } catch (error) {
      // A file that goes while it is read, in the middle of a reset: the next look finds it gone.
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  }

  /** The member that this host's etcd is, where it runs; started for the first time it finds its place, or founds one. */
  #memberOf({ host, pods }: Seen): Member | undefined {
    const pod = pods.get('etcd');
    if (!pod || !existsSync(host.at(pod.args.get('cert-file')!))) return undefined;
    const folder = host.at(`${pod.args.get('data-dir')}/member/wal`);
    const log = `${folder}/0000000000000000-0000000000000000.wal`;
    if (existsSync(log)) {
      const { cluster: id, member: ID } = JSON.parse(readFileSync(log, 'utf8')) as Record<string, string>;
      const cluster = this.#clusters.get(id!);
      const member = cluster?.members.find((found) => found.ID === ID);
      return cluster && member ? { cluster, member } : undefined;
    }
    const found = this.#firstStart(host, pod);
    if (!found) return undefined;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(log, JSON.stringify({ cluster: found.cluster.id, member: found.member.ID }), {
      mode: 0o600,
    });
    return found;
  }

  #firstStart(host: SimHost, { args }: RunningPod): Member | undefined {
    const name = args.get('name')!;
    const peerUrl = args.get('initial-advertise-peer-urls')!;
    const initial = (args.get('initial-cluster') ?? '').split(',').map((pair) => pair.split('=')[1] ?? '');
    const clientURLs = [args.get('advertise-client-urls')!];
    if (args.get('initial-cluster-state') !== 'existing') {
      const cluster = new EtcdCluster(`${host.name}-${Date.now()}-${this.#clusters.size}`);
      const member = Object.assign(cluster.enter(peerUrl, false), { name, clientURLs });
      this.#clusters.set(cluster.id, cluster);
      return { cluster, member };
    }
    const others = initial.filter((url) => url !== peerUrl);
    const cluster = this.clusters.find(({ members }) =>
      members.some(({ ID, peerURLs }) => this.#members.has(ID) && others.includes(peerURLs[0]!)),
    );
    const same =
      cluster?.members
        .map(({ peerURLs }) => peerURLs[0])
        .sort()
        .join() === initial.toSorted().join();
    const member = cluster?.members.find(({ peerURLs }) => peerURLs.includes(peerUrl));
    if (!cluster || !same || !member) return undefined;
    if (member.name !== '')
      this.accidents.push(`etcd of ${name} was started without its data as a member that had some`);
    Object.assign(member, { name, clientURLs });
    return { cluster, member };
  }

  /** Opens what this host has to serve; gives the addresses. */
  #serve({ host, pods, etcd }: Seen): string[] {
    if (!etcd) return [];
    const { cluster, member } = etcd;
    const { args } = pods.get('etcd')!;
    const open = [
      this.#open(
        host,
        2379,
        `etcd ${cluster.id} ${member.ID}`,
        keysOf(host, args, 'cert-file', 'key-file', 'trusted-ca-file'),
        (asked) => this.#etcd(etcd, asked),
      ),
    ];
    const api = pods.get('kube-apiserver');
    const running =
      api &&
      !member.isLearner &&
      keysOf(host, api.args, 'tls-cert-file', 'tls-private-key-file', 'client-ca-file');
    if (!running) return open;
    const config = api.args.get('encryption-provider-config');
    const encryption = config && existsSync(host.at(config)) ? readFileSync(host.at(config)) : undefined;
    const ready = () => this.#members.has(member.ID) && cluster.hasQuorum(this.#members);
    const about = { store: cluster.store, ready, encryption, changed: async () => undefined };
    const port = Number(api.args.get('secure-port') ?? 6443);
    open.push(
      this.#open(host, port, `api ${cluster.id} ${member.ID} ${encryption ?? ''}`, running, (asked) => {
        if (asked.method !== 'GET') this.changes++;
        return answerApi(about, asked);
      }),
    );
    const well = () => ({ status: 200, body: 'ok' });
    if (pods.has('kube-controller-manager')) open.push(this.#open(host, 10257, 'well', running, well));
    if (pods.has('kube-scheduler')) open.push(this.#open(host, 10259, 'well', running, well));
    return open;
  }

  #open(host: SimHost, port: number, what: string, keys: Keys, answer: Parameters<typeof serve>[3]): string {
    const at = `${host.loopback}:${port}`;
    const key = `${what} ${keys.cert} ${keys.ca}`;
    const known = this.#servers.get(at);
    if (known?.key === key) return at;
    if (known) this.#end(at, known.server);
    else this.#servers.set(at, { key, server: serve(host.loopback, port, keys, answer) });
    return at;
  }

  #end(at: string, server: SimServer): void {
    server.close();
    this.#servers.delete(at);
  }

  #etcd({ cluster, member }: Member, { path, body, user }: Asked) {
    if (!user) return { status: 401, body: { error: 'no client certificate' } };
    if (!cluster.members.includes(cluster.members.find(({ ID }) => ID === member.ID)!))
      return { status: 503, body: { message: 'etcdserver: server stopped' } };
    if (!cluster.hasQuorum(this.#members)) return { status: 503, body: { message: 'etcdserver: no leader' } };
    if (/\/(member\/(add|promote|remove)|kv\/txn|lease\/(grant|revoke))$/.test(path)) this.changes++;
    const answer = cluster.answer(path, JSON.parse(body || '{}') as object, this.#members);
    return typeof answer === 'string'
      ? { status: 400, body: { message: answer, code: 9 } }
      : { status: 200, body: answer };
  }

  #reachable({ host, pods, etcd }: Seen, seen: readonly Seen[]): Reachable[] {
    const api = pods.get('kube-apiserver');
    if (!api || !etcd || etcd.member.isLearner || !etcd.cluster.hasQuorum(this.#members)) return [];
    const leader = seen.find(
      (other) => other.etcd?.cluster === etcd.cluster && other.pods.has('kube-controller-manager'),
    );
    const ca = readFileSync(host.at(api.args.get('client-ca-file')!), 'utf8');
    return [{ store: etcd.cluster.store, ca, signer: leader && caOf(leader.host) }];
  }

  async #control({ host, pods, etcd }: Seen, seen: readonly Seen[]): Promise<void> {
    const api = etcd && this.#reachable({ host, pods, etcd }, seen)[0];
    if (!api) return;
    const ca = caOf(host);
    if (pods.has('kube-controller-manager') && ca) await runControllers(api.store, host.name, ca);
    if (pods.has('kube-scheduler')) lead(api.store, 'kube-scheduler', host.name);
  }
}

const read = new Map<string, { stamp: string; text: string }>();

/** The PEM files that these arguments name, read again when they change; undefined where one is not there. */
function keysOf(host: SimHost, args: ReadonlyMap<string, string>, ...names: [string, string, string]): Keys {
  const [cert, key, ca] = names.map((name) => textOf(host.at(args.get(name)!))) as [string, string, string];
  return { cert, key, ca };
}

function caOf(host: SimHost): CaPair | undefined {
  const [cert, key] = ['ca.crt', 'ca.key'].map((name) => host.at(`/etc/kubernetes/pki/${name}`));
  return existsSync(cert!) && existsSync(key!) ? { cert: textOf(cert!), key: textOf(key!) } : undefined;
}

function textOf(path: string): string {
  const { ino, mtimeMs, size } = statSync(path);
  const stamp = `${ino} ${mtimeMs} ${size}`;
  const known = read.get(path);
  if (known?.stamp === stamp) return known.text;
  const text = readFileSync(path, 'utf8');
  read.set(path, { stamp, text });
  return text;
}
