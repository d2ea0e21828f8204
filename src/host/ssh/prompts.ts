/** What only a person can answer; src/cli asks at a terminal or answers from flags. */
export interface SshPrompts {
  /** An unknown host key: true accepts and records it; undefined where there is nobody to ask. */
  hostKey(question: HostKeyQuestion): Promise<boolean | undefined>;
  /** The passphrase of a private key file; undefined gives this key up. `attempt` counts from 1. */
  passphrase(file: string, attempt: number): Promise<string | undefined>;
  /** A password or another question of the server; undefined gives this method up. */
  password(question: PasswordQuestion): Promise<string | undefined>;
  /** Something to be done that needs no answer: touch the security key. */
  notice?(text: string): void;
}

export interface HostKeyQuestion {
  /** As in known_hosts: `name` or `[name]:port`. */
  host: string;
  address: string;
  /** ssh-ed25519, ecdsa-sha2-nistp256, ssh-rsa … */
  keyType: string;
  /** `SHA256:…`, as ssh-keygen -l prints it. */
  fingerprint: string;
  /** Where an accepted key is recorded. */
  file: string;
}

export interface PasswordQuestion {
  user: string;
  host: string;
  /** The server's words, or `Password`. */
  prompt: string;
  /** Whether what is typed may be shown. */
  echo: boolean;
  attempt: number;
}

/** For runs without a terminal: no question is answered. */
export const noPrompts: SshPrompts = {
  hostKey: async () => undefined,
  passphrase: async () => undefined,
  password: async () => undefined,
};

/**
 * One question at a time, and the same question only once: many hosts share one key file, and a reconnect must
 * not ask again. One-time codes are never remembered.
 */
export function rememberAnswers(prompts: SshPrompts): SshPrompts {
  const answers = new Map<string, Promise<string | undefined>>();
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(ask: () => Promise<T>): Promise<T> => {
    const answer = last.then(ask);
    last = answer.catch(() => undefined);
    return answer;
  };
  const once = (key: string, ask: () => Promise<string | undefined>): Promise<string | undefined> => {
    const known = answers.get(key);
    if (known) return known;
    const answer = inTurn(ask);
    answers.set(key, answer);
    answer.catch(() => answers.delete(key));
    return answer;
  };
  return {
    ...(prompts.notice ? { notice: prompts.notice } : {}),
    hostKey: (question) => inTurn(() => prompts.hostKey(question)),
    passphrase: (file, attempt) =>
      once(`passphrase\0${file}\0${attempt}`, () => prompts.passphrase(file, attempt)),
    password: (question) => {
      const ask = () => prompts.password(question);
      if (question.echo || !/pass(word|phrase)/i.test(question.prompt)) return inTurn(ask);
      return once(
        `password\0${question.user}@${question.host}\0${question.prompt}\0${question.attempt}`,
        ask,
      );
    },
  };
}
