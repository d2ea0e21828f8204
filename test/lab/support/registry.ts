import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type Authority, makeAuthority } from '../../api/support/certificates.ts';

export interface TestRegistry {
  /** `10.76.0.1:40123` */
  host: string;
  /** PEM of the authority that its certificate is from; no host knows it. */
  ca: string;
  put(path: string, content: Buffer, type?: string): void;
  /** `401 GET /v2/team/app/manifests/v1`, as they came. */
  asked: string[];
  close(): Promise<void>;
}

/** An image registry over TLS on this address that lets in nobody but this user. */
export async function startRegistry(address: string, user: string): Promise<TestRegistry> {
  const authority: Authority = await makeAuthority('registry-ca');
  const pair = await authority.issue({ subject: 'CN=registry', sans: [address] });
  const files = new Map<string, { content: Buffer; type: string }>();
  const asked: string[] = [];
  const wanted = `Basic ${Buffer.from(user).toString('base64')}`;
  const server = createServer(pair, ({ method, url = '/', headers }, response) => {
    const { pathname } = new URL(url, 'https://registry');
    const found = files.get(pathname);
    const status = headers.authorization !== wanted ? 401 : found ? 200 : 404;
    asked.push(`${status} ${method} ${pathname}`);
    if (status !== 200 || !found) {
      response
        .writeHead(status, status === 401 ? { 'www-authenticate': 'Basic realm="registry"' } : {})
        .end();
      return;
    }
    response.writeHead(200, {
      'content-type': found.type,
      'content-length': found.content.length,
    });
    response.end(method === 'HEAD' ? undefined : found.content);
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    host: `${address}:${(server.address() as AddressInfo).port}`,
    ca: authority.cert,
    put: (path, content, type = 'application/octet-stream') => {
      files.set(path, { content, type });
      // Clients ask for a tag once, and then for what it named.
      const digest = createHash('sha256').update(content).digest('hex');
      files.set(path.replace(/(\/manifests\/)[^/]+$/, `$1sha256:${digest}`), { content, type });
    },
    asked,
    close: () => closed(server),
  };
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
