import { randomBytes } from 'node:crypto';
import { KubewrightError } from '../base/errors.ts';
import { sleep } from '../base/wait.ts';
import { agentScript, BOOTSTRAP } from './agent-script.ts';
import type { Channel, Connection } from './connection.ts';
import { type Frame, FrameReader, Lost } from './frames.ts';
import { requestLine } from './request.ts';
import { sudoError, sudoRefusal } from './sudo.ts';

/** `pulse`: signs of life while the others are at work. */
export type LaneName = 'main' | 'bulk' | 'pulse';

export interface AgentOptions {
  host: string;
  run: string;
  lane: LaneName;
  prefix: string;
  /** Seconds that a predecessor's command is waited for. */
  patience: number;
  /** Asked at most once a session; undefined: there is nobody to ask. */
  sudoPassword: () => Promise<string | undefined>;
  /** A channel was opened, or an answer is waited for. */
  onRoundTrip: () => void;
}

/** One root shell with the applier in it. Every method throws `Lost` once the channel is gone. */
export class Agent {
  readonly connection: Connection;
  readonly #channel: Channel;
  readonly #frames: FrameReader;
  readonly #pendingWrites = new Set<(error: Error) => void>();
  #stderr = '';
  #onStderr: ((text: string) => void) | undefined;
  #lost: Lost | undefined;

  private constructor(connection: Connection, channel: Channel, marker: string) {
    this.connection = connection;
    this.#channel = channel;
    this.#frames = new FrameReader(channel.stdout, marker);
    channel.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-16_384);
      this.#onStderr?.(this.#stderr);
    });
    channel.stderr.on('error', () => undefined);
    channel.stdin.on('error', (error: Error) => this.#lose(new Lost(error.message)));
    channel.stdin.on('close', () => this.#lose(new Lost('the channel closed')));
    channel.exit.then(
      () => this.#lose(new Lost('the applier ended')),
      (error: Error) => this.#lose(new Lost(error.message)),
    );
  }

  /** Opens a channel and waits for the applier's greeting, through sudo where the login is not root. */
  static async start(connection: Connection, options: AgentOptions): Promise<Agent> {
    if (connection.user === 'root') return Agent.#launch(connection, options, BOOTSTRAP);
    const user = connection.user;
    try {
      return await Agent.#launch(connection, options, `env LC_ALL=C sudo -n ${BOOTSTRAP}`);
    } catch (error) {
      if (!(error instanceof NotStarted)) throw error;
      const about = { user, host: options.host, stderr: error.stderr };
      const refusal = sudoRefusal(error.stderr, error.exit);
      if (refusal !== 'password') throw sudoError(refusal, about);
      return Agent.#withPassword(connection, options, about);
    }
  }

  static async #withPassword(
    connection: Connection,
    options: AgentOptions,
    about: { user: string; host: string; stderr: string },
  ): Promise<Agent> {
    const password = await options.sudoPassword();
    if (password === undefined) throw sudoError('password', about);
    const prompt = `kubewright-${randomBytes(8).toString('hex')}:`;
    const command = `env LC_ALL=C sudo -S -p ${prompt} ${BOOTSTRAP}`;
    try {
      return await Agent.#launch(connection, options, command, { prompt, password });
    } catch (error) {
      if (!(error instanceof NotStarted)) throw error;
      const stderr = error.stderr.replaceAll(prompt, '');
      const refusal = sudoRefusal(stderr, error.exit);
      const wrong = error.wrongPassword || refusal === 'password';
      throw sudoError(wrong ? 'wrongPassword' : refusal, { ...about, stderr });
    }
  }

  static async #launch(
    connection: Connection,
    options: AgentOptions,
    command: string,
    sudo?: { prompt: string; password: string },
  ): Promise<Agent> {
    options.onRoundTrip();
    const marker = randomBytes(16).toString('hex');
    const agent = new Agent(connection, await connection.exec(command), marker);
    const hello = ['hello', marker, options.run, options.lane, options.prefix, options.patience];
    const greeting = Buffer.concat([agentScript(), Buffer.from(`${requestLine(hello)}\n`)]);
    options.onRoundTrip();
    const outcome = sudo ? agent.#prompted(sudo, greeting) : agent.#greet(greeting);
    const timer = setTimeout(() => agent.#lose(new Lost('no answer within 60 seconds')), 60_000);
    try {
      await outcome;
      return agent;
    } catch (error) {
      await agent.#notStarted(error, connection.user === 'root' ? options.host : undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #greet(greeting: Buffer): Promise<void> {
    // A channel that ends says more by its exit code than by the write that fails.
    this.write(greeting).catch(() => undefined);
    await this.answer('hello');
  }

  async #prompted(sudo: { prompt: string; password: string }, greeting: Buffer): Promise<void> {
    let asked = 0;
    this.#onStderr = (stderr) => {
      const prompts = stderr.split(sudo.prompt).length - 1;
      if (prompts <= asked) return;
      asked = prompts;
      if (asked === 1) {
        this.write(Buffer.concat([Buffer.from(`${sudo.password}\n`), greeting])).catch(() => undefined);
      } else {
        this.#lose(new NotStarted(stderr, 1, true));
      }
    };
    // sudo that remembers an earlier password does not ask: the greeting alone is then what it waits for.
    const unasked = setTimeout(() => {
      if (asked === 0) this.#onStderr = undefined;
      if (asked === 0) this.write(greeting).catch(() => undefined);
    }, 15_000);
    try {
      await this.answer('hello');
    } finally {
      clearTimeout(unasked);
      this.#onStderr = undefined;
    }
  }

  /** Tells a command that ended by itself, and why, from a connection that went away. */
  async #notStarted(error: unknown, direct: string | undefined): Promise<void> {
    const ended = this.#channel.exit.catch(() => undefined);
    const lost = error instanceof Lost && !(error instanceof NotStarted);
    // Its end may be seen before what it said.
    if (lost) await Promise.race([ended, sleep(1000)]);
    this.kill();
    if (!lost) throw error;
    const exit = await Promise.race([ended, sleep(5000)]);
    if (!exit) return;
    if (direct === undefined) throw new NotStarted(this.#stderr, exit.code, false);
    throw new KubewrightError({
      code: 'ShellFailed',
      message: `no shell could be started on ${direct}: it ended with ${exit.code ?? exit.signal}`,
      hint: `The login needs a shell, and the host sh, dd, stat, sha256sum and sync. Try: ssh root@${direct} true`,
      host: direct,
      evidence: this.#stderr.trim(),
      exit: 'hostUnreachable',
    });
  }

  /** Settles when the bytes have left for the transport. */
  write(bytes: Buffer | string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#lost) return reject(this.#lost);
      this.#pendingWrites.add(reject);
      this.#channel.stdin.write(bytes, (error) => {
        this.#pendingWrites.delete(reject);
        if (error) reject(new Lost(error.message));
        else resolve();
      });
    });
  }

  next(): Promise<Frame> {
    return this.#frames.next();
  }

  /** The next frame, which has to be of this kind. */
  async answer(kind: string): Promise<Frame> {
    const frame = await this.next();
    if (frame.words[0] === kind) return frame;
    this.kill();
    throw new Lost(`${kind} was expected, not: ${frame.words.join(' ').slice(0, 80)}`);
  }

  get alive(): boolean {
    return this.#lost === undefined;
  }

  kill(): void {
    this.#lose(new Lost('ended by this side'));
    this.#channel.kill();
  }

  /** Lets it remove its workspace and waits for its end, two seconds at most. */
  async close(): Promise<void> {
    if (!this.alive) return;
    await this.write('bye\n').catch(() => undefined);
    this.#channel.stdin.end();
    const stop = new AbortController();
    const late = sleep(2000, stop.signal).catch(() => undefined);
    await Promise.race([this.#channel.exit.catch(() => undefined), late]);
    stop.abort();
  }

  #lose(error: Lost): void {
    this.#lost ??= error;
    this.#frames.fail(error);
    for (const reject of this.#pendingWrites) reject(this.#lost);
    this.#pendingWrites.clear();
  }
}

class NotStarted extends Lost {
  readonly stderr: string;
  readonly exit: number | null;
  readonly wrongPassword: boolean;

  constructor(stderr: string, exit: number | null, wrongPassword: boolean) {
    super('the applier did not start');
    this.stderr = stderr;
    this.exit = exit;
    this.wrongPassword = wrongPassword;
  }
}
