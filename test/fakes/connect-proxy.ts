import http from 'node:http';
import { type AddressInfo, connect } from 'node:net';

/**
 * A proxy that takes CONNECT, with a login where one is given. `.test` names are this machine: nobody else knows them.
 */
export async function fakeProxy(login?: string) {
  const asked: string[] = [];
  const server = http.createServer();
  server.on('connect', (request, socket, head) => {
    asked.push(request.url!);
    const wanted = login && `Basic ${Buffer.from(login).toString('base64')}`;
    if (wanted && request.headers['proxy-authorization'] !== wanted) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host = '', port] = request.url!.split(':');
    const upstream = connect(Number(port), host.endsWith('.test') ? '127.0.0.1' : host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () => server.closeAllConnections() ?? server.close(),
  };
}
