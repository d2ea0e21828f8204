import { KubewrightError } from '../base/errors.ts';
import { overlaid } from './overlaid.ts';
import type { ApiClient, ApiRequest, ApiResponse } from './port.ts';

type Point = 'before' | 'mid' | 'after-unacked';

/** Who knows at which point the run is to have its accident; src/host/fault.ts. */
export interface KillPoints {
  /** The id as it is counted in this run: a second request of the same kind has a `#2`. */
  number(id: string): string;
  due(id: string, point: Point): boolean;
  sent(id: string): void;
  strike(victim: { close(): Promise<void> }): Promise<void>;
}

/** POST in etcd's gateway, and changes nothing; a heartbeat comes whenever its time is. */
const READS = [
  ...['/v3/cluster/member/list', '/v3/maintenance/status', '/v3/kv/range'],
  '/v3/lease/keepalive',
];
/** Names that are new in every run: their kind stands for them. */
const RANDOM = /(bootstrap-token|kubelet-serving)-[a-z0-9]+/;

/** Requests that change something are kill points as operations on hosts are: `api/PUT /api/v1/nodes/w1`. */
export function withKillPoints(client: ApiClient, points: KillPoints): ApiClient {
  return overlaid(client, {
    request: (request) => (isChange(request) ? change(client, request, points) : client.request(request)),
  });
}

async function change<T>(
  client: ApiClient,
  request: ApiRequest,
  points: KillPoints,
): Promise<ApiResponse<T>> {
  const id = points.number(`api/${request.method} ${request.path.replace(RANDOM, '$1-*')}`);
  const die = async (): Promise<never> => {
    await points.strike(client);
    throw new KubewrightError({ code: 'AnswerLost', message: `${id} was cut off`, exit: 'connectionLost' });
  };
  if (points.due(id, 'before')) return die();
  points.sent(id);
  const answer = client.request<T>(request);
  if (points.due(id, 'mid')) {
    answer.catch(() => undefined);
    return die();
  }
  const answered = await answer;
  return points.due(id, 'after-unacked') ? die() : answered;
}

function isChange({ method = 'GET', path }: ApiRequest): boolean {
  return method !== 'GET' && !READS.includes(path);
}
