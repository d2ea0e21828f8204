import type { Duplex } from 'node:stream';
import ssh2, { type Client, type ConnectConfig } from 'ssh2';
import { prepareAuthentication } from './auth.ts';
import { ServerBusy } from './busy.ts';
import type { HostConfig } from './config.ts';
import { Deadline } from './deadline.ts';
import { isBusy, loginError, type Seen } from './errors.ts';
import { type HostKeyPolicy, prepareHostKeyCheck } from './host-key.ts';
import type { SshPrompts } from './prompts.ts';

export interface LoginOptions extends HostKeyPolicy {
  prompts: SshPrompts;
  identityFile?: string;
  timeoutMs: number;
  /** How often we ask whether the other side is there. */
  keepaliveMs: number;
  signal?: AbortSignal;
}

/** Fastest first; 300 MiB up on loopback: aes128-gcm 0.9 s, aes256-gcm 1.0, CTR 1.2, chacha20 1.7. No compression. */
export const CIPHERS = [
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes256-ctr',
] as const;
const SLOW_CIPHERS = ['chacha20-poly1305@openssh.com'] as const;
const OPENING_BYTES = 512;

/** Speaks SSH over an open stream: verifies the host key, logs in. The client is ready, or the stream is destroyed. */
export async function login(
  config: HostConfig,
  stream: Duplex,
  address: string,
  options: LoginOptions,
): Promise<Client> {
  const seen: Seen & { tried: string[] } = {
    opening: Buffer.alloc(0),
    tried: [],
    address,
    stage: 'greeting',
  };
  const client = new ssh2.Client();
  let settled: ((error: unknown) => void) | undefined;
  const fail = (error: unknown) => settled?.(error);
  const deadline = new Deadline(options.timeoutMs, () =>
    fail(loginError(config, new Error(`timeout: no login within ${options.timeoutMs / 1000} s`), seen)),
  );
  const aborted = () => fail(options.signal?.reason);
  try {
    const prompts = pausing(options.prompts, deadline);
    const hostKey = await prepareHostKeyCheck(config, { ...options, prompts });
    const authentication = await prepareAuthentication({
      config,
      prompts,
      ...(options.identityFile ? { identityFile: options.identityFile } : {}),
      memory: options.prompts,
      onFailure: fail,
    });
    seen.tried = authentication.tried;
    options.signal?.throwIfAborted();
    options.signal?.addEventListener('abort', aborted, { once: true });
    await new Promise<void>((resolve, reject) => {
      settled = reject;
      if (stream.destroyed)
        return fail(loginError(config, stream.errored ?? new Error('the connection was reset'), seen));
      client.on('error', (error: Error & { level?: string }) => {
        if (error.level === 'agent') return; // the next key is tried
        const told = loginError(config, error, seen);
        fail(isBusy(seen, error) ? new ServerBusy(error.message, { cause: told }) : told);
      });
      client.on('close', () => fail(loginError(config, new Error('the server closed the connection'), seen)));
      client.on('handshake', () => {
        seen.stage = 'authentication';
      });
      client.on('ready', () => {
        seen.stage = 'ready';
        resolve();
      });
      client.connect({
        ...settings(config, stream, options.keepaliveMs),
        authHandler: authentication.handler,
        algorithms: {
          serverHostKey: hostKey.algorithms as never,
          cipher: [...CIPHERS, ...SLOW_CIPHERS],
          compress: ['none'],
        },
        hostVerifier: (key: Buffer, permit: (yes: boolean) => void) => {
          hostKey.verify(key, address).then(
            () => permit(true),
            (error) => {
              fail(error); // before ssh2 says the same with less
              permit(false);
            },
          );
        },
      });
      watchOpening(stream, seen);
    });
    return client;
  } catch (error) {
    client.on('error', () => undefined);
    client.destroy();
    stream.destroy();
    throw error;
  } finally {
    settled = undefined;
    deadline.cancel();
    options.signal?.removeEventListener('abort', aborted);
  }
}

/** Our own limits hold: a person may take their time, and any byte counts as a sign of life (see link.ts). */
function settings(config: HostConfig, stream: Duplex, keepaliveMs: number): ConnectConfig {
  return {
    sock: stream,
    host: config.host,
    username: config.user,
    readyTimeout: 0,
    keepaliveInterval: keepaliveMs,
    keepaliveCountMax: 1_000_000,
  };
}

/** ssh2 has paused the stream and resumes it itself: a listener more does not start it early. */
function watchOpening(stream: Duplex, seen: Seen): void {
  const keep = (chunk: Buffer) => {
    seen.opening = Buffer.concat([seen.opening, chunk]).subarray(0, OPENING_BYTES);
    if (seen.stage === 'greeting' && /^SSH-/m.test(seen.opening.toString('latin1'))) seen.stage = 'handshake';
    if (seen.opening.length >= OPENING_BYTES || seen.stage !== 'greeting') stream.off('data', keep);
  };
  stream.on('data', keep);
}

function pausing(prompts: SshPrompts, deadline: Deadline): SshPrompts {
  return {
    hostKey: (question) => deadline.pausedFor(prompts.hostKey(question)),
    passphrase: (file, attempt) => deadline.pausedFor(prompts.passphrase(file, attempt)),
    password: (question) => deadline.pausedFor(prompts.password(question)),
  };
}
