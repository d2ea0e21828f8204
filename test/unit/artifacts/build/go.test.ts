import { expect, test } from 'vitest';
import { buildEnvironment, executableName, newest } from '../../../../src/artifacts/build/go.ts';

const module = { folder: 'x', modules: [], version: 'v1', seconds: 1, binaries: {} };

test.each([
  ['go.etcd.io/etcd/server/v3', 'server'],
  ['github.com/containerd/containerd/v2/cmd/ctr', 'ctr'],
  ['github.com/opencontainers/runc', 'runc'],
])('go build names %s %s', (main, name) => expect(executableName(main)).toBe(name));

test('the newest Go version is by number, not by letter', () => {
  expect(newest(['1.26.0', '1.26.10', '1.26.8'])).toBe('1.26.10');
});

test('what the user set for the network stays; what changes the result does not', () => {
  const user = {
    GOPROXY: 'https://proxy.example',
    GOFLAGS: '-mod=vendor -race',
    GOAMD64: 'v3',
    HOME: '/root',
  };
  const env = buildEnvironment(user, module, 'arm64');
  expect(env).toMatchObject({ GOPROXY: 'https://proxy.example', HOME: '/root', GOFLAGS: '-mod=readonly' });
  expect(env).toMatchObject({ GOAMD64: 'v1', GOARCH: 'arm64', GOOS: 'linux', CGO_ENABLED: '0' });
  expect(buildEnvironment(user, { ...module, cgo: [] }, 'amd64').CGO_ENABLED).toBe('1');
});
