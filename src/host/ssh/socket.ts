import { connect as connectTcp, type Socket } from 'node:net';
import type { HostConfig } from './config.ts';
import { connectError } from './errors.ts';

/** Opens the TCP connection. Rejects with one of connectError's, or the signal's reason. */
export async function openSocket(
  config: HostConfig,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = connectTcp({
    host: config.host,
    port: config.port,
    noDelay: true, // 93 ms an exec without it, 7 with it
    ...(config.bindAddress ? { localAddress: config.bindAddress } : {}),
    ...(config.family ? { family: config.family } : {}),
    autoSelectFamilyAttemptTimeout: 1000,
  });
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' })),
      timeoutMs,
    );
    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
      socket.off('error', fail);
    };
    const give = (error: unknown) => {
      stop();
      socket.on('error', () => undefined);
      socket.destroy();
      reject(error);
    };
    const fail = (error: Error) => give(connectError(config, error));
    const aborted = () => give(signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    socket.once('error', fail);
    socket.once('connect', () => {
      stop();
      socket.on('error', () => undefined); // told by whoever reads it next
      resolve(socket);
    });
  });
}
