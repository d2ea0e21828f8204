import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { poll } from '../../../src/base/wait.ts';
import type { Channel, Connection } from '../../../src/host/connection.ts';
import type { SshOptions } from '../../../src/host/ssh/connect.ts';
import { noPrompts, type SshPrompts } from '../../../src/host/ssh/prompts.ts';
import { type HostKeyType, makeKey } from './sshd.ts';

/** A home folder with keys, ssh_config and known_hosts: this side of the connection. */
export interface Laptop {
  home: string;
  env: Record<string, string | undefined>;
  /** Makes ~/.ssh/NAME and returns the authorized_keys line. */
  key(name?: string, options?: { type?: HostKeyType; passphrase?: string }): string;
  write(path: string, text: string, mode?: number): string;
  read(path: string): string;
  /** Options of a run without a terminal that knows no host yet. */
  options(more?: Partial<SshOptions>): SshOptions;
  /** A real ssh-agent with the keys of these names. */
  agent(...names: string[]): Promise<string>;
  /** Ends the agents, then deletes the home. */
  clean(): Promise<void>;
}

export function makeLaptop(): Laptop {
  const home = mkdtempSync(join(tmpdir(), 'kubewright-laptop-'));
  const agents: ChildProcess[] = [];
  const env: Record<string, string | undefined> = { HOME: home, USER: 'root' };
  mkdirSync(join(home, '.ssh'), { mode: 0o700 });
  const write = (path: string, text: string, mode = 0o600) => {
    mkdirSync(dirname(join(home, path)), { recursive: true });
    writeFileSync(join(home, path), text, { mode });
    return join(home, path);
  };
  return {
    home,
    env,
    key(name = 'id_ed25519', { type = 'ed25519', passphrase = '' } = {}) {
      const file = makeKey(join(home, '.ssh', name), type, passphrase);
      return readFileSync(`${file}.pub`, 'utf8').trim();
    },
    write,
    read: (path) => readFileSync(join(home, path), 'utf8'),
    options: (more = {}) => ({
      configFiles: [join(home, '.ssh', 'config')],
      acceptNewHostKeys: false,
      prompts: noPrompts,
      env,
      connectTimeoutMs: 10_000,
      ...more,
    }),
    async agent(...names) {
      const socket = join(home, 'agent.sock');
      agents.push(spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' }));
      const add = () =>
        execFileSync(
          'ssh-add',
          names.map((n) => join(home, '.ssh', n)),
          { env: { PATH: process.env.PATH, SSH_AUTH_SOCK: socket }, stdio: 'pipe' },
        );
      const up = await poll({ intervalMs: 20, timeoutMs: 5000 }, async () => {
        try {
          add();
          return true;
        } catch {
          return undefined;
        }
      });
      if (!up) throw new Error('ssh-agent did not start');
      return socket;
    },
    async clean() {
      // An agent removes its socket as it ends: rmSync gives up half-way when a name vanishes under it.
      for (const agent of agents) {
        const gone = new Promise((resolve) => agent.once('exit', resolve));
        if (agent.kill()) await gone;
      }
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** Answers of a person, and what they were asked. */
export function answering(
  answers: Partial<{ hostKey: boolean; passphrases: string[]; passwords: string[] }>,
): {
  prompts: SshPrompts;
  asked: string[];
} {
  const asked: string[] = [];
  const passphrases = [...(answers.passphrases ?? [])];
  const passwords = [...(answers.passwords ?? [])];
  return {
    asked,
    prompts: {
      hostKey: async (question) => {
        asked.push(`hostKey ${question.host} ${question.fingerprint}`);
        return answers.hostKey ?? false;
      },
      passphrase: async (file, attempt) => {
        asked.push(`passphrase ${file} ${attempt}`);
        return passphrases.shift();
      },
      password: async (question) => {
        asked.push(`password ${question.user} ${question.attempt}`);
        return passwords.shift();
      },
    },
  };
}

export interface Ran {
  code: number | null;
  signal?: string;
  stdout: string;
  stderr: string;
}

/** Runs one command to its end. */
export async function run(connection: Connection, command: string, input = ''): Promise<Ran> {
  return finish(await connection.exec(command), input);
}

export async function finish(channel: Channel, input = ''): Promise<Ran> {
  const out = { stdout: '', stderr: '' };
  channel.stdout.on('data', (chunk: Buffer) => {
    out.stdout += chunk;
  });
  channel.stderr.on('data', (chunk: Buffer) => {
    out.stderr += chunk;
  });
  channel.stdin.end(input);
  return { ...(await channel.exit), ...out };
}
