import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BuildSource } from '../../../src/artifacts/build/source.ts';
import { Cache } from '../../../src/artifacts/cache.ts';
import type { Catalog } from '../../../src/artifacts/catalog-types.ts';
import { allParts } from '../../../src/artifacts/selection.ts';
import { openStore, type Store } from '../../../src/artifacts/store.ts';
import { cacheDir } from '../../../src/base/dirs.ts';
import { EXIT } from '../../../src/base/exit-codes.ts';
import type { Event } from '../../../src/output/events.ts';
import { bytes, refusal, script, temporaryFolder } from './support.ts';

const tiny: Catalog = {
  kubernetes: 'v1.37.2',
  modules: [
    {
      folder: 'tiny',
      modules: ['example.test/tiny'],
      version: 'v1.0.0',
      ldflags: ['-X main.version=v1.0.0'],
      seconds: 7,
      binaries: { one: 'example.test/tiny/cmd/one', two: 'example.test/tiny/cmd/two' },
    },
  ],
  programs: [],
  packages: [],
  hostFiles: [{ component: 'one', path: '/usr/local/bin/one', mode: 0o755 }],
  images: [{ name: 'pair', reference: 'example.test/pair:v1.0.0', files: { '/one': 'one', '/two': 'two' } }],
  peers: { components: [], images: [] },
};

/** Stands for Go: `go env GOVERSION`, and `go build … -o FOLDER/ PACKAGES` that writes each package's name. */
const FAKE_GO = `
echo "$*" >> "$GO_LOG"
[ "$1" = env ] && { echo "go$GO_VERSION"; exit 0; }
[ "$1" = build ] || { echo "fake go does not know: $*" >&2; exit 9; }
[ -n "$GO_FAILS" ] && { echo "$GO_FAILS" >&2; exit 1; }
while [ "$1" != -o ]; do shift; done
out=$2; shift 2
for package; do echo "#!$package" > "$out\${package##*/}"; done`;

interface World {
  env: Record<string, string | undefined>;
  events: Event[];
  components: string;
  open: (env?: Record<string, string | undefined>, signal?: AbortSignal) => Store;
  /** Command lines that Go was called with. */
  calls: () => string[];
}

function world(go = '1.26.8'): World {
  const folder = temporaryFolder();
  const components = join(folder, 'components');
  mkdirSync(join(components, 'tiny'), { recursive: true });
  writeFileSync(join(components, 'tiny', 'go.mod'), 'module x\n\ngo 1.26.8\n');
  writeFileSync(join(components, 'tiny', 'go.sum'), '');
  mkdirSync(join(folder, 'bin'));
  script(join(folder, 'bin'), 'go', FAKE_GO);
  const log = join(folder, 'go.log');
  const events: Event[] = [];
  const base = {
    PATH: `${join(folder, 'bin')}:${process.env.PATH}`,
    XDG_CACHE_HOME: join(folder, 'cache'),
    GO_LOG: log,
    GO_VERSION: go,
  };
  const open: World['open'] = (changes = {}, signal) => {
    const env = { ...base, ...changes };
    const cache = new Cache(join(cacheDir(env), 'artifacts'));
    const sources = [new BuildSource({ catalog: tiny, cache, env, components, templates: folder })];
    return openStore({
      env,
      reporter: { emit: (event) => events.push(event) },
      sources,
      catalogs: [tiny],
      signal,
    });
  };
  const calls = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  return { env: base, events, components, open, calls };
}

const builds = (calls: string[]) => calls.filter((call) => call.startsWith('build'));
const nothing = { PATH: '/nonexistent' };

test('what is missing is built once, in one go build, and found again without Go', async () => {
  const { open, calls, events } = world();
  const [file] = await open().hostFiles('amd64', '1.37.2');
  expect(file).toMatchObject({ path: '/usr/local/bin/one', mode: 0o755, artifact: { version: 'v1.0.0' } });
  expect((await bytes(file!.artifact.open())).toString()).toBe('#!example.test/tiny/cmd/one\n');
  expect(events.filter(({ type }) => type === 'message')).toHaveLength(1);

  const again = await open(nothing).hostFiles('amd64', 'v1.37.2');
  expect(again[0]?.artifact.sha256).toBe(file?.artifact.sha256);
  expect(builds(calls())).toEqual([
    expect.stringMatching(
      /^build -trimpath -buildvcs=false -ldflags -s -w -X main.version=v1.0.0 -o \S+\/ example.test\/tiny\/cmd\/one$/,
    ),
  ]);
});

test('prepare builds all packages of a module together, says why and how long, and counts to the end', async () => {
  const { open, calls, events } = world();
  await open().prepare();
  expect(builds(calls())).toHaveLength(1);
  expect(builds(calls())[0]).toMatch(/cmd\/one example.test\/tiny\/cmd\/two$/);
  expect(events.find(({ type }) => type === 'message')).toMatchObject({
    text: expect.stringMatching(/^2 components are not in the cache yet .* about 7 seconds, this once/),
  });
  const progress = events.filter((event) => event.type === 'progress');
  expect(progress[0]).toMatchObject({
    label: 'making tiny v1.0.0 (1 of 1)',
    done: 0,
    total: 7,
    unit: 'seconds',
  });
  expect(progress.at(-1)).toMatchObject({ done: 7, total: 7, finished: true });
});

test('with everything there, prepare and images say and start nothing', async () => {
  const { open, calls, events } = world();
  const made = await open().images('amd64', '1.37.2');
  const before = calls().length;
  events.length = 0;
  const store = open(nothing);
  await store.prepare();
  const [image] = await store.images('amd64', '1.37.2');
  expect(image).toMatchObject({ reference: 'example.test/pair:v1.0.0', digest: made[0]?.digest });
  expect(calls()).toHaveLength(before);
  expect(events).toEqual([]);
});

test('the estimate is what it took here the last time', async () => {
  const { open, components, events } = world();
  await open().prepare();
  writeFileSync(join(components, 'tiny', 'go.sum'), 'changed');
  events.length = 0;
  await open().prepare();
  expect(events.find(({ type }) => type === 'progress')).toMatchObject({ total: 1 });
});

test('another go.sum, Go version in go.mod or architecture is built anew; the old ones stay', async () => {
  const { open, components, calls } = world();
  await open().hostFiles('amd64', '1.37.2');
  await open().hostFiles('arm64', '1.37.2');
  appendFileSync(join(components, 'tiny', 'go.sum'), 'example.test/x v1 h1:abc\n');
  await open().hostFiles('amd64', '1.37.2');
  writeFileSync(join(components, 'tiny', 'go.mod'), 'module x\n\ngo 1.26.9\n');
  await open({ GO_VERSION: '1.26.9' }).hostFiles('amd64', '1.37.2');
  expect(builds(calls())).toHaveLength(4);
  writeFileSync(join(components, 'tiny', 'go.mod'), 'module x\n\ngo 1.26.8\n');
  await open().hostFiles('amd64', '1.37.2');
  expect(builds(calls())).toHaveLength(4);
});

test('two stores at once build once', async () => {
  const { open, calls } = world();
  const [a, b] = await Promise.all([open().images('amd64', '1.37.2'), open().images('amd64', '1.37.2')]);
  expect(a[0]?.sha256).toBe(b[0]?.sha256);
  expect(builds(calls())).toHaveLength(1);
});

test('hostFiles and images of one store at once share the work', async () => {
  const { open, events } = world();
  const store = open();
  await Promise.all([store.hostFiles('amd64', '1.37.2'), store.images('amd64', '1.37.2')]);
  expect(events.filter(({ type }) => type === 'waiting')).toEqual([]);
});

test('Go that is missing is named with its version and what it is for', async () => {
  const error = await refusal(world().open(nothing).prepare());
  expect(error).toMatchObject({ code: 'GoMissing', exit: EXIT.prerequisite });
  expect(error.message).toBe(
    'Go 1.26.8 or newer is needed to build the components here, and it is not installed (or not in PATH)',
  );
  expect(error.hint).toContain('building from source alone');
});

test.each([
  ['1.22.1', 'GoMissing'],
  ['1.26.7', 'GoMissing'],
  ['1.26.8', undefined],
  ['1.27.0', undefined],
])('with Go %s: %s', async (version, code) => {
  const { open, calls } = world(version);
  if (!code) return open().prepare();
  const error = await refusal(open().prepare());
  expect(error).toMatchObject({ code, message: expect.stringContaining(`too old: ${version}`) });
  expect(builds(calls())).toEqual([]);
});

test('a build that fails shows what Go said, and leaves nothing behind that looks built', async () => {
  const { open } = world();
  const error = await refusal(open({ GO_FAILS: 'proxy: dial tcp: i/o timeout' }).prepare());
  expect(error).toMatchObject({ code: 'BuildFailed', exit: EXIT.artifact });
  expect(error.evidence).toContain('dial tcp');
  expect(error.hint).toContain('GOPROXY');
  expect((await open().status()).every(({ artifact }) => artifact === undefined)).toBe(true);
  const full = await refusal(open({ GO_FAILS: 'write /x: no space left on device' }).prepare());
  expect(full).toMatchObject({ code: 'DiskFull', exit: EXIT.diskFull });
});

test('an aborted build ends with the reason of the abort, and the next run builds', async () => {
  const { open } = world();
  const abort = new AbortController();
  const store = open({}, abort.signal);
  abort.abort(new Error('Ctrl-C'));
  await expect(store.prepare()).rejects.toThrow('Ctrl-C');
  await open().prepare();
});

test('an image of a tampered binary is not assembled', async () => {
  const { open } = world();
  const one = await open().binary('one', 'amd64');
  execFileSync('sh', [
    '-c',
    `chmod u+w "$1" && printf X | dd of="$1" conv=notrunc status=none`,
    'sh',
    one.path,
  ]);
  expect(await refusal(open().images('amd64', '1.37.2'))).toMatchObject({ code: 'ArtifactTampered' });
});

test('a dropped blob is built again', async () => {
  const { open, calls } = world();
  const one = await open().binary('one', 'amd64');
  execFileSync('rm', ['-f', one.path]);
  expect((await open().binary('one', 'amd64')).sha256).toBe(one.sha256);
  expect(builds(calls())).toHaveLength(2);
});

test('unknown versions, architectures, names and sources are told apart', async () => {
  const { open, env } = world();
  const store = open();
  expect(await refusal(store.hostFiles('amd64', '1.36.0'))).toMatchObject({
    code: 'VersionUnknown',
    exit: EXIT.invalidInput,
  });
  expect(await refusal(store.hostFiles('riscv64', '1.37.2'))).toMatchObject({
    code: 'ArchitectureUnsupported',
    exit: EXIT.unsupportedHost,
  });
  expect(await refusal(store.images('amd64', '1.37.2', ['nope']))).toMatchObject({ code: 'ArtifactUnknown' });
  expect(await refusal(store.binary('nope'))).toMatchObject({ code: 'ArtifactUnknown' });
  const none = openStore({ env, reporter: { emit: () => undefined }, sources: [], catalogs: [tiny] });
  expect(await refusal(none.binary('one', 'amd64'))).toMatchObject({
    code: 'ArtifactUnavailable',
    message: 'no source has one v1.0.0 (amd64)',
  });
});

test('two Kubernetes versions stand beside each other; what they share is built once', async () => {
  const { env, events, components, calls } = world();
  const folder = 'tiny-old';
  mkdirSync(join(components, folder));
  writeFileSync(join(components, folder, 'go.mod'), 'module x\n\ngo 1.26.8\n');
  writeFileSync(join(components, folder, 'go.sum'), 'old');
  const shared = { ...tiny.modules[0]!, binaries: { two: 'example.test/tiny/cmd/two' } };
  const own = (of: string, version: string) => ({
    ...tiny.modules[0]!,
    folder: of,
    version,
    binaries: { one: 'example.test/tiny/cmd/one' },
  });
  const older: Catalog = { ...tiny, kubernetes: 'v1.36.3', modules: [own(folder, 'v0.9.0'), shared] };
  const catalogs = [{ ...tiny, modules: [own('tiny', 'v1.0.0'), shared] }, older];
  const cache = new Cache(join(cacheDir(env), 'artifacts'));
  const parts = allParts(catalogs);
  const sources = [new BuildSource({ catalog: parts, cache, env, components, templates: components })];
  const store = openStore({ env, reporter: { emit: (event) => events.push(event) }, sources, catalogs });
  await store.prepare(undefined, 'amd64');
  await store.prepare(undefined, 'amd64', '1.36.3');
  expect(builds(calls()).filter((call) => call.includes('cmd/two'))).toHaveLength(1);
  const [[newer], [old]] = await Promise.all([
    store.hostFiles('amd64', 'v1.37.2'),
    store.hostFiles('amd64', '1.36.3'),
  ]);
  expect([newer, old].map((file) => file?.artifact.version)).toEqual(['v1.0.0', 'v0.9.0']);
  expect((await store.binary('one', 'amd64', 'v1.36.3')).version).toBe('v0.9.0');
  expect((await store.status('amd64')).map(({ name, version }) => `${name} ${version}`)).toEqual([
    ...['one v1.0.0', 'two v1.0.0', 'pair example.test/pair:v1.0.0', 'one v0.9.0'],
  ]);
});
