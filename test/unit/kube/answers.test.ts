import { afterEach, describe, expect, test } from 'vitest';
import { EXIT } from '../../../src/base/exit-codes.ts';
import { createApiClient } from '../../../src/kube/client.ts';
import type { ApiRequest } from '../../../src/kube/port.ts';
import { type Frames, frameServer } from './frame-server.ts';

const open: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

async function serve(script: (frames: Frames) => void) {
  const server = await frameServer(script);
  const client = createApiClient(server.endpoint, { env: {} });
  open.push(server, client);
  return { server, client };
}

const BODY = '{"whole":true}';
const NO_ERROR = 0;
const INTERNAL_ERROR = 2;
const REFUSED_STREAM = 7;

const MERGE: ApiRequest = {
  method: 'PATCH',
  path: '/x',
  contentType: 'application/merge-patch+json',
  body: {},
};
const whole = (frames: Frames) => frames.headers({}).data(BODY, { end: true });

describe('a whole answer is taken, whatever comes behind it', () => {
  test.each<[string, (frames: Frames) => void]>([
    ['END_STREAM, then a reset without error', (frames) => whole(frames).reset(NO_ERROR)],
    ['END_STREAM, then the end of the connection', (frames) => whole(frames).end()],
    ['END_STREAM, then GOAWAY', (frames) => whole(frames).goaway(frames.stream)],
    [
      'an empty frame with END_STREAM',
      (frames) => frames.headers({}).data(BODY).data('', { end: true }).reset(NO_ERROR),
    ],
    [
      'all announced bytes, then a reset without error',
      (frames) => frames.headers({ length: BODY.length }).data(BODY).reset(NO_ERROR),
    ],
    [
      'all announced bytes, then the end of the connection',
      (frames) => frames.headers({ length: BODY.length }).data(BODY).end(),
    ],
  ])('%s', async (_what, script) => {
    const { server, client } = await serve(script);
    expect((await client.request(MERGE)).body).toEqual({ whole: true });
    expect(server.requests()).toBe(1);
  });

  test('headers alone', async () => {
    const { client } = await serve((frames) => frames.headers({ status: 204, end: true }).reset(NO_ERROR));
    expect(await client.request(MERGE)).toMatchObject({ status: 204, body: '' });
  });

  test('an answer to a request that was not read to its end (Go resets it with NO_ERROR)', async () => {
    const { server, client } = await serve((frames) =>
      frames
        .headers({ status: 400 })
        .data('{"kind":"Status","message":"too much"}', { end: true })
        .reset(NO_ERROR),
    );
    const body = { data: 'x'.repeat(1024 * 1024) };
    await expect(client.request({ ...MERGE, body })).rejects.toMatchObject({
      httpStatus: 400,
      message: 'too much',
    });
    expect(server.requests()).toBe(1);
  });
});

describe('a truncated answer is none', () => {
  const cuts: [string, (frames: Frames) => void][] = [
    ['a reset without error', (frames) => frames.headers({}).data('{"whole"').reset(NO_ERROR)],
    ['a reset with an error', (frames) => frames.headers({}).data('{"whole"').reset(INTERNAL_ERROR)],
    ['the end of the connection', (frames) => frames.headers({}).data('{"whole"').end()],
    ['GOAWAY with an error', (frames) => frames.headers({}).data('{"whole"').goaway(frames.stream, 2).end()],
    ['fewer bytes than announced', (frames) => frames.headers({ length: 99 }).data(BODY, { end: true })],
    ['the end of the connection before the headers', (frames) => frames.end()],
    ['a reset before the headers', (frames) => frames.reset(INTERNAL_ERROR)],
  ];

  test.each(cuts)('%s: what may be sent twice is sent again', async (_what, cut) => {
    const { server, client } = await serve((frames) => (frames.count === 1 ? cut(frames) : whole(frames)));
    expect((await client.request({ path: '/x' })).body).toEqual({ whole: true });
    expect(server.requests()).toBe(2);
  });

  test.each(cuts)('%s: of any other write it is said that nobody knows', async (_what, cut) => {
    const { server, client } = await serve(cut);
    await expect(client.request(MERGE)).rejects.toMatchObject({
      code: 'AnswerLost',
      message: `the connection to ${client.server} was lost before the answer to PATCH /x was complete; it is not known whether the change was made`,
      exit: EXIT.apiUnreachable,
    });
    expect(server.requests()).toBe(1);
  });

  test('text without a length (logs, YAML) is not taken for whole either', async () => {
    const { client } = await serve((frames) => frames.headers({}).data('line 1\nli').reset(NO_ERROR));
    const body = await client.stream({ path: '/log' });
    const read = async () => {
      for await (const _chunk of body);
    };
    await expect(read()).rejects.toMatchObject({ code: 'ApiUnreachable', exit: EXIT.apiUnreachable });
  });
});

describe('what the server did not take is sent again, of any method', () => {
  test('a refused stream', async () => {
    const { server, client } = await serve((frames) =>
      frames.count === 1 ? frames.reset(REFUSED_STREAM) : whole(frames),
    );
    expect((await client.request(MERGE)).body).toEqual({ whole: true });
    expect(server.requests()).toBe(2);
    expect(server.connections()).toBe(1);
  });

  test('a stream above the last one of a GOAWAY', async () => {
    const { server, client } = await serve((frames) =>
      frames.count === 1 ? frames.goaway(0) : whole(frames),
    );
    expect((await client.request(MERGE)).body).toEqual({ whole: true });
    expect(server.connections()).toBe(2);
  });
});
