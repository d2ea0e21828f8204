import { readFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { parseAllDocuments } from 'yaml';
import { sleep } from '../../src/base/wait.ts';
import type { Check } from './checks.ts';

const INTERVAL_MS = 50;

export interface Probe {
  /** Seconds from the start to the last of them. */
  end: number;
  /** Seconds from the start to the first time that each was seen. */
  seen: Record<string, number>;
}

/**
 * Watches control planes come up, from outside and in the same way whoever makes them: every 50 ms what is still missing
 * is asked for with the credentials on the first host's disk, read as soon as they are there.
 * Throws after `timeoutMs`, naming what was missing; ends early with the signal's reason.
 */
export async function probe(options: {
  checks: readonly Check[];
  /** The first host's `/` on this machine. */
  root: string;
  started: number;
  timeoutMs: number;
  signal: AbortSignal;
}): Promise<Probe> {
  const { root, started, timeoutMs, signal } = options;
  const missing = new Map(options.checks.map((check) => [check.name, check]));
  const seen: Record<string, number> = {};
  const now = () => (performance.now() - started) / 1000;
  const access = new Access(root);
  try {
    while (missing.size > 0) {
      signal.throwIfAborted();
      if (now() * 1000 > timeoutMs)
        throw new Error(`not there after ${timeoutMs / 1000} s: ${[...missing.keys()].join(', ')}`);
      const found = await Promise.all(
        [...missing.values()].map(async (check) => ({ check, holds: await access.holds(check) })),
      );
      for (const { check, holds } of found) {
        if (!holds) continue;
        seen[check.name] = now();
        missing.delete(check.name);
      }
      if (missing.size > 0) await sleep(INTERVAL_MS);
    }
  } finally {
    access.close();
  }
  return { end: Math.max(...Object.values(seen)), seen };
}

class Access {
  readonly #root: string;
  readonly #agents = new Map<Check['as'], Promise<Agent>>();

  constructor(root: string) {
    this.#root = root;
  }

  /** Not while what it is asked with is missing or half written, or nobody answers. */
  async holds({ as, url, body, holds }: Check): Promise<boolean> {
    try {
      const answer = await ask(await this.#agent(as), new URL(url), body);
      return answer.status === 200 && holds(answer.body);
    } catch {
      return false;
    }
  }

  close(): void {
    for (const agent of this.#agents.values()) void agent.then((known) => known.destroy());
  }

  #agent(as: Check['as']): Promise<Agent> {
    const known = this.#agents.get(as);
    if (known) return known;
    const agent = credentials[as](this.#root).then(
      (keys) => new Agent({ keepAlive: true, secureContext: createSecureContext(keys) }),
    );
    this.#agents.set(as, agent);
    agent.catch(() => this.#agents.delete(as));
    return agent;
  }
}

const credentials: Record<Check['as'], (root: string) => Promise<SecureContextOptions>> = {
  administrator: async (root) => {
    const [document] = parseAllDocuments(await readFile(join(root, 'etc/kubernetes/admin.conf'), 'utf8'));
    const conf = document?.toJS();
    const { cluster } = conf.clusters[0];
    const { user } = conf.users[0];
    const decode = (text: string) => Buffer.from(text, 'base64');
    return {
      ca: decode(cluster['certificate-authority-data']),
      cert: decode(user['client-certificate-data']),
      key: decode(user['client-key-data']),
    };
  },
  etcd: async (root) => {
    const file = (name: string) => readFile(join(root, 'etc/kubernetes/pki/etcd', name));
    const [ca, cert, key] = await Promise.all(
      ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key'].map(file),
    );
    return { ca, cert, key };
  },
};

function ask(agent: Agent, url: URL, body: string | undefined): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { agent, method, timeout: 2000 }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer within 2 s')));
    sent.on('error', reject);
    sent.end(body);
  });
}
