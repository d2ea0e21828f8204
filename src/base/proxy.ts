import http from 'node:http';
import https from 'node:https';
import { BlockList, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { KubewrightError } from './errors.ts';

type Environment = Record<string, string | undefined>;

/** The proxy for a server, as Go's http.ProxyFromEnvironment picks it: loopback never goes through one. */
export function proxyFor(server: string, env: Environment): string | undefined {
  const url = new URL(server);
  const name = url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const proxy = env[name] || env[name.toLowerCase()];
  if (!proxy || bypassed(url, env.NO_PROXY || env.no_proxy || '')) return undefined;
  return proxy.includes('://') ? proxy : `http://${proxy}`;
}

function bypassed(url: URL, noProxy: string): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return true;
  return noProxy
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry !== '' && matches(host, port, entry));
}

function matches(host: string, port: string, entry: string): boolean {
  if (entry === '*') return true;
  if (entry.includes('/')) return inRange(host, entry);
  const withPort = /^(.*?):(\d+)$/.exec(entry);
  const [name, wanted] = withPort && isIP(entry) === 0 ? [withPort[1]!, withPort[2]] : [entry, undefined];
  if (wanted !== undefined && wanted !== port) return false;
  const bare = name.replace(/^\[|\]$/g, '');
  if (isIP(bare) > 0) return host === bare;
  const domain = bare.replace(/^\*?\./, '');
  return host.endsWith(`.${domain}`) || (host === domain && !/^\*?\./.test(bare));
}

function inRange(host: string, range: string): boolean {
  const [address = '', bits] = range.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family) return false;
  const list = new BlockList();
  try {
    list.addSubnet(address, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  } catch {
    return false;
  }
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** A byte stream to `host:port` through an HTTP or HTTPS proxy (RFC 9110, CONNECT). */
export function dialThroughProxy(
  proxy: string,
  host: string,
  port: number,
  signal?: AbortSignal,
): Promise<Duplex> {
  const url = new URL(proxy);
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    return Promise.reject(
      proxyError('ProxyUnsupported', `the proxy ${shown(url)} is of a kind that is not supported`, {
        hint: 'use an http:// or https:// proxy',
      }),
    );
  return new Promise((resolve, reject) => {
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const request = (url.protocol === 'https:' ? https : http).request({
      method: 'CONNECT',
      host: url.hostname.replace(/^\[|\]$/g, ''),
      port: url.port || (url.protocol === 'https:' ? 443 : 80),
      path: authority,
      headers: { host: authority, ...credentials(url) },
      agent: false,
      signal,
    });
    request.once('connect', (response, socket, head) => {
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      reject(refused(url, authority, response.statusCode ?? 0));
    });
    request.once('response', (response) => {
      response.resume();
      reject(refused(url, authority, response.statusCode ?? 0));
    });
    request.once('error', (cause) =>
      reject(proxyError('ProxyUnreachable', `the proxy ${shown(url)} fails: ${cause.message}`, { cause })),
    );
    request.end();
  });
}

function credentials(url: URL): Record<string, string> {
  if (!url.username) return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}

function refused(url: URL, authority: string, status: number): KubewrightError {
  const login = status === 407 ? 'it wants a login: http://USER:PASSWORD@HOST:PORT' : undefined;
  return proxyError('ProxyRefused', `the proxy ${shown(url)} refused CONNECT ${authority} (${status})`, {
    hint: login ?? 'should the address be in NO_PROXY?',
  });
}

const shown = (url: URL): string => `${url.protocol}//${url.host}`;

function proxyError(
  code: string,
  message: string,
  more: { hint?: string; cause?: unknown },
): KubewrightError {
  return new KubewrightError({ code, message, exit: 'apiUnreachable', ...more });
}
