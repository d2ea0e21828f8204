import { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { ApiError } from '../../../src/kube/errors.ts';
import type { ApiClient, ApiRequest } from '../../../src/kube/port.ts';
import { logs } from '../../../src/objects/logs/logs.ts';

const pod = (name: string, phase: string) => ({
  metadata: { name, namespace: 'ns', labels: { app: 'web' } },
  spec: { nodeName: 'w1', containers: [{ name: 'app' }, { name: 'side' }] },
  status: { phase },
});
const PODS = [pod('web-1', 'Pending'), pod('web-2', 'Running')];
const DEPLOYMENT = {
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: { selector: { matchLabels: { app: 'web' } } },
};
const TYPE = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  singular: 'deployment',
};

/** Answers as an API server with one Deployment of two pods would; what it was asked for is kept. */
function server(answer: (path: string) => Buffer[] | Error) {
  const asked: ApiRequest[] = [];
  const client = {
    namespace: 'ns',
    server: 'https://test',
    discovery: async () => [
      {
        ...TYPE,
        shortNames: ['deploy'],
        categories: [],
        namespaced: true,
        verbs: [],
        subresources: [],
        preference: 0,
      },
    ],
    request: async ({ path }: ApiRequest) => {
      const body = path.endsWith('/deployments/web')
        ? DEPLOYMENT
        : path.endsWith('/pods')
          ? { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: PODS }
          : PODS.find(({ metadata }) => path.endsWith(`/pods/${metadata.name}`));
      return { status: 200, body, warnings: [], headers: {} };
    },
    stream: async (request: ApiRequest) => {
      asked.push(request);
      const answered = answer(request.path);
      if (answered instanceof Error) throw answered;
      return Readable.from(answered);
    },
  } as unknown as ApiClient;
  return { client, asked };
}

async function run(options: object, answer: (path: string) => Buffer[] | Error) {
  const { client, asked } = server(answer);
  const shown = { out: '', notes: [] as string[] };
  const output = {
    out: (data: string | Uint8Array) => {
      shown.out += Buffer.from(data as Uint8Array).toString('utf8');
    },
    note: (line: string) => void shown.notes.push(line),
  };
  await logs(client, { words: ['deploy/web'], podTimeoutMs: 5000, ...options }, output);
  return { ...shown, asked };
}

const lines = (...texts: string[]) => texts.map((text) => Buffer.from(text));

it('shows the best pod of a Deployment, and says which', async () => {
  const { out, notes, asked } = await run({}, () => lines('no newline'));
  expect(out).toBe('no newline');
  expect(notes).toEqual(['Found 2 pods, using pod/web-2', 'Defaulted container "app" out of: app, side']);
  expect(asked[0]).toMatchObject({
    path: '/api/v1/namespaces/ns/pods/web-2/log',
    query: { container: 'app' },
  });
});

it('joins the streams of all pods and containers line by line', async () => {
  const options = { allPods: true, allContainers: true, follow: true };
  const { out, asked } = await run(options, (path) => lines('one\ntw', `o of ${path.split('/')[6]}\nend`));
  expect(asked).toHaveLength(4);
  const shown = out.replaceAll(/end(?=\[)/g, 'end\n').split('\n');
  expect(shown.filter((line) => line.startsWith('[pod/web-1/side] '))).toEqual([
    '[pod/web-1/side] one',
    '[pod/web-1/side] two of web-1',
    '[pod/web-1/side] end',
  ]);
});

it('asks again while a container starts, but only with -f', async () => {
  const starting = new ApiError({
    server: 'https://test',
    method: 'GET',
    path: '/',
    httpStatus: 400,
    status: { kind: 'Status', status: 'Failure', reason: 'BadRequest', message: 'ContainerCreating' },
  });
  let count = 0;
  const answer = () => (count++ === 0 ? starting : lines('up\n'));
  expect((await run({ follow: true, container: 'app' }, answer)).out).toBe('up\n');
  count = 0;
  await expect(run({ container: 'app' }, answer)).rejects.toBe(starting);
  count = 0;
  expect((await run({ container: 'app', ignoreErrors: true }, answer)).out).toBe(
    'error: ContainerCreating\n',
  );
});
