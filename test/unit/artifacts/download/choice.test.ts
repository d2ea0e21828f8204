import { expect, test } from 'vitest';
import type { Artifact, ArtifactRequest, Source } from '../../../../src/artifacts/port.ts';
import { openStore } from '../../../../src/artifacts/store.ts';
import { closedPort } from '../../../fakes/closed-port.ts';
import { program } from '../../../fakes/mirror/release.ts';
import { refusal, store as stored } from '../support.ts';
import { KUBELET, type World, world } from './support.ts';

/** Stands for the build: notes what it is asked to make. */
function builder({ cache }: World): Source & { made: string[] } {
  const there = new Map<string, Artifact>();
  const made: string[] = [];
  return {
    name: 'build',
    made,
    find: async ({ component }: ArtifactRequest) => there.get(component),
    work: async (requests) =>
      requests.map(({ component }) => ({
        label: component,
        components: [component],
        seconds: 1,
        run: async () => {
          made.push(component);
          there.set(component, await stored(cache, component, 'built'));
        },
      })),
  };
}

function open(made: World, source: 'auto' | 'download' | 'build', build: Source, mirror: string) {
  const { env, events } = made;
  const reporter = { emit: (event: (typeof events)[number]) => events.push(event) };
  const sources = {
    auto: [made.source({ mirror }), build],
    download: [made.source({ mirror })],
    build: [build],
  };
  return openStore({ env, reporter, choice: { source, mirror }, sources: sources[source] });
}

const told = ({ events }: World) =>
  events.flatMap((event) =>
    event.type === 'message' && event.text.includes('cannot be reached') ? [event.text] : [],
  );

test('auto downloads where upstream is there', async () => {
  const made = await world();
  const build = builder(made);
  made.mirror.publish(KUBELET, program('kubelet', 'amd64'));
  const artifact = await open(made, 'auto', build, made.mirror.url).binary('kubelet', 'amd64');
  expect(artifact.origin?.url).toContain('dl.k8s.io');
  expect(build.made).toEqual([]);
});

test('auto builds where nobody is there, and says why in exactly one line', async () => {
  const made = await world();
  const build = builder(made);
  const mirror = `https://127.0.0.1:${await closedPort()}`;
  const store = open(made, 'auto', build, mirror);
  await store.binary('kubelet', 'amd64');
  await store.binary('runc', 'amd64');
  expect(build.made).toEqual(['kubelet', 'runc']);
  expect(told(made)).toEqual([
    expect.stringMatching(
      /^127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\): what is missing is built here/,
    ),
  ]);
});

test('auto builds where the name is unknown', async () => {
  const made = await world();
  const build = builder(made);
  await open(made, 'auto', build, 'https://mirror.invalid').binary('kubelet', 'amd64');
  expect(build.made).toEqual(['kubelet']);
  expect(told(made)).toHaveLength(1);
});

test('auto builds where nothing answers in time', async () => {
  const made = await world();
  const build = builder(made);
  made.mirror.faults.set(`${KUBELET}.sha256`, { mute: true });
  const source = made.source({ silenceMs: 1000 });
  const { env, events } = made;
  const reporter = { emit: (event: (typeof events)[number]) => events.push(event) };
  const choice = { source: 'auto', mirror: made.mirror.url } as const;
  await openStore({ env, reporter, choice, sources: [source, build] }).binary('kubelet', 'amd64');
  expect(build.made).toEqual(['kubelet']);
});

test.each([
  [404, 'DownloadMissing'],
  [403, 'DownloadRefused'],
])('auto does not build because of %i: somebody is there, and says no', async (status, code) => {
  const made = await world();
  const build = builder(made);
  made.mirror.publish(KUBELET, program('kubelet', 'amd64'));
  made.mirror.faults.set(KUBELET, { status });
  const error = await refusal(open(made, 'auto', build, made.mirror.url).binary('kubelet', 'amd64'));
  expect(error.code).toBe(code);
  expect(build.made).toEqual([]);
});

test('auto does not build because of a wrong checksum', async () => {
  const made = await world();
  const build = builder(made);
  made.mirror.publish(KUBELET, program('kubelet', 'amd64'));
  made.mirror.put(`${KUBELET}.sha256`, Buffer.from('0'.repeat(64)));
  const error = await refusal(open(made, 'auto', build, made.mirror.url).binary('kubelet', 'amd64'));
  expect(error.code).toBe('ChecksumMismatch');
  expect(build.made).toEqual([]);
});

test('auto takes what is in the cache, whichever source it came from, and asks nobody', async () => {
  const made = await world();
  const build = builder(made);
  await open(made, 'build', build, '').binary('kubelet', 'amd64');
  made.events.length = 0;
  await open(made, 'auto', build, made.mirror.url).binary('kubelet', 'amd64');
  expect(made.mirror.asked).toEqual([]);
  expect(made.events).toEqual([]);
});

test('download says that upstream cannot be reached, and how to go on', async () => {
  const made = await world();
  const mirror = `https://127.0.0.1:${await closedPort()}`;
  const error = await refusal(open(made, 'download', builder(made), mirror).binary('kubelet', 'amd64'));
  expect(error).toMatchObject({ code: 'UpstreamUnreachable' });
  expect(error.hint).toMatch(/--artifacts-mirror.*--artifacts-source build/);
});
