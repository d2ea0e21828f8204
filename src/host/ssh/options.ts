import type { SshPrompts } from './prompts.ts';

/** How often a connection is asked whether it is alive. */
export const DEFAULT_KEEPALIVE_MS = 10_000;

export interface SshOptions {
  /** ssh_config files in order; default ~/.ssh/config, /etc/ssh/ssh_config. */
  configFiles?: readonly string[];
  /** Offered before every other key. */
  identityFile?: string;
  /** Instead of UserKnownHostsFile; the global files are read all the same. */
  knownHostsFile?: string;
  /** Unknown host keys are accepted and recorded; changed and revoked ones are always refused. */
  acceptNewHostKeys: boolean;
  prompts: SshPrompts;
  /** HOME, USER, SSH_AUTH_SOCK and what ssh_config names as ${NAME}. */
  env: Record<string, string | undefined>;
  /** Ends the attempt to connect; a connection that stands is closed by its owner. */
  signal?: AbortSignal;
  /** For TCP, and again for the login without the time people take to answer; default ConnectTimeout or 15 s. */
  connectTimeoutMs?: number;
  /** Default 10 s: silence is noticed after 35 to 40 s. */
  keepaliveMs?: number;
}
