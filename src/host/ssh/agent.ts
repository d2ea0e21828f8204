import ssh2, {
  type KnownPublicKeys,
  type ParsedKey,
  type SignCallback,
  type SigningRequestOptions,
} from 'ssh2';
import type { Identity } from './identity.ts';

/** The keys of an ssh-agent, each usable alone. Rejects when the agent does not answer. */
export async function agentIdentities(socket: string): Promise<Identity[]> {
  const agent = new ssh2.OpenSSHAgent(socket);
  const keys = await new Promise<ParsedKey[]>((resolve, reject) => {
    agent.getIdentities((error, found) => (error ? reject(error) : resolve((found ?? []) as ParsedKey[])));
  });
  return keys.map((publicKey) => ({
    label: `agent: ${publicKey.comment || publicKey.type}`,
    publicKey,
    encrypted: false,
    sign: (data, hash) =>
      new Promise<Buffer>((resolve, reject) => {
        const done: SignCallback = (error, signature) =>
          error || !signature
            ? reject(error ?? new Error('the agent gave no signature'))
            : resolve(signature);
        // ssh2 knows `hash` here; its types say that the options are empty.
        agent.sign(publicKey, data, { hash } as SigningRequestOptions, done);
      }),
  }));
}

/**
 * Presents one identity to ssh2 as an agent: ssh2 then asks the server first and signs only a key it takes, so
 * nobody types a passphrase for a key that is of no use.
 */
export class OneKeyAgent extends ssh2.BaseAgent<ParsedKey> {
  readonly #identity: Identity;
  readonly #onSigned: (error?: Error) => void;

  /** `onSigned` hears that the server takes the key and that it signed, or could not. */
  constructor(identity: Identity, onSigned: (error?: Error) => void) {
    super();
    this.#identity = identity;
    this.#onSigned = onSigned;
  }

  override getIdentities(done: (error: Error | undefined, keys?: KnownPublicKeys<ParsedKey>) => void): void {
    done(undefined, [this.#identity.publicKey]);
  }

  override sign(
    _key: ParsedKey,
    data: Buffer,
    options: SigningRequestOptions | SignCallback,
    callback?: SignCallback,
  ): void {
    const done = typeof options === 'function' ? options : callback;
    const hash = typeof options === 'function' ? undefined : (options as { hash?: string }).hash;
    this.#identity.sign(data, hash).then(
      (signature) => {
        this.#onSigned();
        done?.(undefined, signature);
      },
      (error: Error) => {
        this.#onSigned(error);
        done?.(error);
      },
    );
  }
}
