import { describe, expect, test } from 'vitest';
import { proxyFor } from '../../../src/base/proxy.ts';

describe('the proxy of the environment', () => {
  test.each([
    ['https://api.example.com:6443', '', 'http://p:1'],
    ['https://127.0.0.1:6443', '', undefined],
    ['https://localhost', '', undefined],
    ['https://[::1]:6443', '', undefined],
    ['https://api.example.com', '*', undefined],
    ['https://api.example.com', 'example.com', undefined],
    ['https://api.example.com', '.example.com', undefined],
    ['https://example.com', '.example.com', 'http://p:1'],
    ['https://badexample.com', 'example.com', 'http://p:1'],
    ['https://API.example.com', ' other , EXAMPLE.com ', undefined],
    ['https://api.example.com:6443', 'example.com:443', 'http://p:1'],
    ['https://api.example.com:6443', 'example.com:6443', undefined],
    ['https://10.1.2.3:6443', '10.0.0.0/8', undefined],
    ['https://11.1.2.3:6443', '10.0.0.0/8', 'http://p:1'],
    ['https://10.1.2.3', '10.1.2.3', undefined],
    ['https://[fd00::5]:6443', 'fd00::/64', undefined],
    ['https://[fd01::5]:6443', 'fd00::/64,10.0.0.0/8,junk/99', 'http://p:1'],
  ])('%s with NO_PROXY=%s: %s', (server, noProxy, expected) => {
    expect(proxyFor(server, { HTTPS_PROXY: 'p:1', NO_PROXY: noProxy })).toBe(expected);
  });

  test('is chosen by the scheme, in either case', () => {
    expect(proxyFor('http://h', { http_proxy: 'http://a' })).toBe('http://a');
    expect(proxyFor('https://h', { http_proxy: 'http://a' })).toBeUndefined();
    expect(proxyFor('https://h', { https_proxy: 'http://b' })).toBe('http://b');
  });
});
