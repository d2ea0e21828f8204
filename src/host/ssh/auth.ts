import type {
  AnyAuthMethod,
  AuthenticationType,
  AuthHandlerMiddleware,
  KeyboardInteractiveAuthMethod,
} from 'ssh2';
import { agentIdentities, OneKeyAgent } from './agent.ts';
import type { HostConfig } from './config.ts';
import { type Identity, readIdentityFile } from './identity.ts';
import { fingerprint } from './known-hosts.ts';
import type { SshPrompts } from './prompts.ts';

export interface Authentication {
  handler: AuthHandlerMiddleware;
  /** One line for each method and key that was tried or passed over, for the error message. */
  tried: string[];
}

interface Options {
  config: HostConfig;
  prompts: SshPrompts;
  /** From the command line: offered before everything else. */
  identityFile?: string;
  /** Unlocked keys are kept as long as this object lives. */
  memory: object;
  /** A question failed: the connection has to be given up. */
  onFailure: (error: Error) => void;
}

const MAX_PASSWORD_TRIES = 3;

/** Collects the keys (agent, files) and gives ssh2 one attempt after the other. */
export async function prepareAuthentication(options: Options): Promise<Authentication> {
  const tried: string[] = [...options.config.notes];
  const identities = await collectIdentities(options, tried);
  const state: Progress = { offered: undefined, last: undefined, signed: false, wantsMore: false, tried };
  const attempts = listAttempts(options, identities, state);

  const handler: AuthHandlerMiddleware = (methodsLeft, partial, next) => {
    // null until a method other than a key has failed: ssh2 keeps what the server says after a key to itself.
    state.offered = methodsLeft ?? undefined;
    const outcome = partial || state.signed ? 'accepted, but the server wants more' : 'refused';
    if (state.last !== undefined) tried.push(`${state.last}: ${outcome}`);
    state.last = undefined;
    state.signed = false;
    attempts
      .next()
      .then(
        (attempt) => (next as (method: AnyAuthMethod | false) => void)(attempt.done ? false : attempt.value),
        options.onFailure,
      );
  };
  return { handler, tried };
}

interface Progress {
  /** Methods that the server named last. */
  offered: readonly AuthenticationType[] | undefined;
  /** What the next failure is about. */
  last: string | undefined;
  /** The server took the key that was offered last. */
  signed: boolean;
  /** It took one of the keys: if the login goes on, the server asks for another factor. */
  wantsMore: boolean;
  tried: string[];
}

async function* listAttempts(
  options: Options,
  identities: readonly Identity[],
  state: Progress,
): AsyncGenerator<AnyAuthMethod> {
  const username = options.config.user;
  const ask: AnyAuthMethod = { type: 'none', username };
  const allowed = (method: AuthenticationType) => state.offered?.includes(method) ?? method === 'publickey';
  // The server tells what it takes, and as a first attempt that counts for nothing. One key alone is tried at once.
  if (identities.length !== 1) yield ask;
  if (allowed('publickey')) yield* listKeys(username, identities, state);
  if (state.offered === undefined || state.wantsMore) yield ask;
  state.wantsMore = false;
  for (let attempt = 1; attempt <= MAX_PASSWORD_TRIES && allowed('keyboard-interactive'); attempt++) {
    const question = { gaveUp: false, asked: false };
    state.last = 'keyboard-interactive';
    yield keyboardInteractive(options, attempt, question);
    if (question.gaveUp || !question.asked) break;
  }
  if (allowed('password')) yield* listPasswords(options, allowed, state);
}

async function* listKeys(
  username: string,
  identities: readonly Identity[],
  state: Progress,
): AsyncGenerator<AnyAuthMethod> {
  for (const identity of identities) {
    state.last = `publickey ${identity.label} (${fingerprint(identity.publicKey.getPublicSSH())})`;
    const agent = new OneKeyAgent(identity, (error) => {
      if (error) state.tried.push(`${identity.label}: ${error.message}`);
      else state.wantsMore = state.signed = true;
    });
    yield { type: 'agent', username, agent };
  }
}

async function* listPasswords(
  options: Options,
  allowed: (method: AuthenticationType) => boolean,
  state: Progress,
): AsyncGenerator<AnyAuthMethod> {
  const { user, alias } = options.config;
  for (let attempt = 1; attempt <= MAX_PASSWORD_TRIES && allowed('password'); attempt++) {
    const question = { user, host: alias, prompt: 'Password', echo: false, attempt };
    const password = await options.prompts.password(question);
    if (password === undefined) {
      state.tried.push('password: offered by the server, none was given');
      return;
    }
    state.last = 'password';
    yield { type: 'password', username: user, password };
  }
}

function keyboardInteractive(
  options: Options,
  attempt: number,
  state: { gaveUp: boolean; asked: boolean },
): KeyboardInteractiveAuthMethod {
  const { user, alias } = options.config;
  return {
    type: 'keyboard-interactive',
    username: user,
    prompt: (_name, _instructions, _language, questions, finish) => {
      state.asked = true;
      const answer = async () => {
        const answers: string[] = [];
        for (const { prompt, echo } of questions) {
          const question = { user, host: alias, prompt: prompt.trim(), echo: echo ?? false, attempt };
          const given = state.gaveUp ? undefined : await options.prompts.password(question);
          if (given === undefined) state.gaveUp = true;
          answers.push(given ?? '');
        }
        finish(answers);
      };
      answer().catch(options.onFailure);
    },
  };
}

/**
 * Named keys that need no passphrase, then the agent's, then those that have to be unlocked: the server counts
 * every offer (MaxAuthTries is 6), and a person should be asked last.
 */
async function collectIdentities(options: Options, tried: string[]): Promise<Identity[]> {
  const { config, prompts, identityFile, memory } = options;
  const fromAgent = config.agent
    ? await agentIdentities(config.agent).catch((error: Error) => {
        tried.push(`agent ${config.agent}: ${error.message}`);
        return [];
      })
    : [];
  const named = identityFile ? [{ path: identityFile, explicit: true }] : [];
  const ranked: { rank: number; identity: Identity }[] = [];
  const taken = new Set<Identity>();
  for (const { path, explicit } of [...named, ...config.identityFiles]) {
    const found = await readIdentityFile(path, prompts, memory);
    if (!found) {
      if (explicit) tried.push(`${path}: no such file`);
    } else if ('skipped' in found) {
      tried.push(`${path}: ${found.skipped}`);
    } else {
      const twin = fromAgent.find((key) => sameKey(key, found));
      if (twin) taken.add(twin);
      const identity = twin ? { ...twin, label: `${path} (agent)` } : found;
      if (ranked.some((known) => sameKey(known.identity, identity))) continue;
      ranked.push({ rank: rankOf(explicit, path === identityFile, identity.encrypted), identity });
    }
  }
  if (!config.identitiesOnly)
    for (const identity of fromAgent) if (!taken.has(identity)) ranked.push({ rank: 2, identity });
  return ranked.sort((a, b) => a.rank - b.rank).map((entry) => entry.identity);
}

function rankOf(explicit: boolean, fromCommandLine: boolean, encrypted: boolean): number {
  if (fromCommandLine) return 0;
  if (encrypted) return explicit ? 3 : 5;
  return explicit ? 1 : 4;
}

function sameKey(a: Identity, b: Identity): boolean {
  return a.publicKey.getPublicSSH().equals(b.publicKey.getPublicSSH());
}
