import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { quote } from '../../base/quote.ts';
import type { Deadline } from '../ssh/deadline.ts';
import type { SshPrompts } from '../ssh/prompts.ts';
import type { Peer } from './resolve.ts';

interface Asked {
  kind: string;
  question: string;
}

export interface Askpass {
  /** For the environment of ssh. */
  env: Record<string, string>;
  close(): void;
}

/**
 * ssh's questions come to us instead of the terminal: it starts SSH_ASKPASS with the question as an argument, which
 * asks back over a socket in our private folder. What nobody answers ends as a refusal.
 */
export async function startAskpass(
  folder: string,
  script: string,
  peer: Peer,
  prompts: SshPrompts,
  deadline: Pick<Deadline, 'pausedFor'>,
): Promise<Askpass> {
  const socket = join(folder, 'ask');
  const program = join(folder, 'askpass');
  writeFileSync(program, `#!/bin/sh\nexec ${quote([process.execPath, script, socket])} "$@"\n`);
  chmodSync(program, 0o700);
  const answer = answerer(peer, prompts);
  const server = createServer({ allowHalfOpen: true }, (connection) => {
    deadline.pausedFor(reply(connection, answer)).catch(() => connection.destroy());
  });
  await listen(server, socket);
  return {
    env: { SSH_ASKPASS: program, SSH_ASKPASS_REQUIRE: 'force' },
    close: () => void server.close(),
  };
}

async function reply(
  connection: Socket,
  answer: (asked: Asked) => Promise<string | undefined>,
): Promise<void> {
  connection.on('error', () => undefined); // ssh has given up meanwhile
  const asked = JSON.parse(await text(connection)) as Asked;
  connection.end(JSON.stringify({ answer: await answer(asked) }));
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socket, resolve);
  });
}

/** Maps OpenSSH's questions to ours; the same question again is another attempt. */
export function answerer(peer: Peer, prompts: SshPrompts): (asked: Asked) => Promise<string | undefined> {
  const attempts = new Map<string, number>();
  return async ({ kind, question }) => {
    const attempt = (attempts.get(question) ?? 0) + 1;
    attempts.set(question, attempt);
    if (kind === 'none') {
      prompts.notice?.(question);
      return '';
    }
    if (/\(yes\/no/.test(question)) return askHostKey(question, peer, prompts);
    const file = /^Enter passphrase for (?:key )?'?(.+?)'?: ?$/.exec(question)?.[1];
    if (file) return prompts.passphrase(file, attempt);
    const { user, alias: host } = peer;
    const [, prompt = question] = /^(?:\(\S+@\S+\) |\S+@\S+'s )(.*?)$/s.exec(question) ?? [];
    return prompts.password({ user, host, prompt: prompt.replace(/: ?$/, ''), echo: false, attempt });
  };
}

async function askHostKey(question: string, peer: Peer, prompts: SshPrompts): Promise<string> {
  const [, host = peer.alias, address = peer.host] = /host '([^']+?)(?: \(([^)]+)\))?'/.exec(question) ?? [];
  const [, keyType = '', fingerprint = ''] = /^(\S+) key fingerprint is (\S+?)\.?$/m.exec(question) ?? [];
  const yes = await prompts.hostKey({ host, address, keyType, fingerprint, file: 'known_hosts' });
  return yes ? 'yes' : 'no';
}
