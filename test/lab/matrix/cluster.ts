import { request } from 'node:https';
import { poll } from '../../../src/base/wait.ts';
import type { Disk } from './disk.ts';
import type { Members } from './flows.ts';
import type { Place } from './place.ts';

const PKI = '/etc/kubernetes/pki/etcd';
const CANARY = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'canary', namespace: 'default' } };
const PATIENCE_MS = 30_000;

/** What a user has in the cluster. Answers the uid, which it keeps as long as nobody takes it away. */
export async function plantCanary(place: Place): Promise<string> {
  await place.must(['apply', '-f', '-'], { stdin: JSON.stringify(CANARY) });
  return canary(place);
}

async function canary(place: Place): Promise<string> {
  const text = await place.must(['get', 'configmap', CANARY.metadata.name, '-o', 'json']);
  return (JSON.parse(text) as { metadata: { uid: string } }).metadata.uid;
}

/** Members of etcd = control planes, all of them started voters; Nodes = hosts; what users made is there. */
export async function clusterFaults(place: Place, wanted: Members, uid: string): Promise<string[]> {
  const { controlPlanes, workers } = wanted;
  const nodes = (await place.must(['get', 'nodes', '-o', 'name'])).trim().split('\n');
  return [
    ...unlike('members of etcd', await members(place), controlPlanes),
    ...unlike(
      'nodes',
      nodes.map((line) => line.replace('node/', '')),
      [...controlPlanes, ...workers],
    ),
    ...((await canary(place)) === uid ? [] : ['what a user made is gone']),
  ];
}

function unlike(what: string, found: readonly string[], wanted: readonly string[]): string[] {
  const [is, should] = [found, wanted].map((names) => names.toSorted().join(', '));
  return is === should ? [] : [`${what}: ${is || 'none'}, not ${should}`];
}

interface Member {
  name?: string;
  isLearner?: boolean;
}

/** As etcd itself has them: with their names, so that it shows who is only announced or still learns. */
async function members(place: Place): Promise<string[]> {
  const disk = (await place.disks()).get('cp1')!;
  const { address } = await place.host('cp1');
  const answer = await poll({ intervalMs: 200, timeoutMs: PATIENCE_MS }, () =>
    ask(address, disk).catch(() => undefined),
  );
  if (!answer) return ['etcd does not answer'];
  return answer.map(
    ({ name, isLearner }) => `${name || 'one that never started'}${isLearner ? ' (learner)' : ''}`,
  );
}

/** Through the gateway of etcd (docs: dev-guide/api_grpc_gateway), which changes nothing by this. */
function ask(host: string, disk: Disk): Promise<Member[]> {
  const [ca, cert, key] = ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key'].map((name) =>
    disk.get(`${PKI}/${name}`),
  );
  return new Promise((resolve, reject) => {
    const options = {
      host,
      port: 2379,
      path: '/v3/cluster/member/list',
      method: 'POST',
      ca,
      cert,
      key,
      timeout: 3000,
    };
    const asked = request(options, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => {
        const { members: found } = JSON.parse(body) as { members?: Member[] };
        if (found) resolve(found);
        else reject(new Error(body));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('no answer')));
    asked.on('error', reject);
    asked.end('{}');
  });
}
