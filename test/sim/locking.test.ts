import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { EXIT } from '../../src/base/exit-codes.ts';
import { startHost } from './support/cluster-hosts.ts';
import { type Laptop, makeLaptop } from './support/laptop.ts';
import type { Sshd } from './support/sshd.ts';
import { describeSim } from './support/tier.ts';

const script = join(import.meta.dirname, 'support/locked-run.ts');

interface Line {
  at?: string;
  message?: string;
  error?: { code: string; message: string; hint: string };
}

class Operator {
  readonly child: ChildProcess;
  readonly lines: Line[] = [];
  readonly #ended: Promise<number | null>;
  #wake: (() => void)[] = [];

  constructor(run: object) {
    this.child = spawn(process.execPath, [script, JSON.stringify(run)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      this.lines.push(JSON.parse(line));
      for (const wake of this.#wake.splice(0)) wake();
    });
    this.#ended = new Promise((resolve) =>
      this.child.once('close', (code) => {
        resolve(code);
        for (const wake of this.#wake.splice(0)) wake();
      }),
    );
  }

  reached(at: string): Promise<void> {
    return this.told((line) => line.at === at);
  }

  async told(what: (line: Line) => boolean): Promise<void> {
    while (!this.lines.some(what)) {
      if (this.child.exitCode !== null) throw new Error(`it ended: ${JSON.stringify(this.lines)}`);
      await new Promise<void>((resolve) => this.#wake.push(resolve));
    }
  }

  go(): void {
    this.child.stdin!.write('go\n');
  }

  async end(): Promise<{ exit: number | null; error: Line['error']; messages: string[] }> {
    const exit = await this.#ended;
    const messages = this.lines.flatMap(({ message }) => message ?? []);
    return { exit, error: this.lines.find(({ error }) => error)?.error, messages };
  }
}

describeSim('one operator at a time', () => {
  let laptop: Laptop;
  let sshds: Sshd[];
  let operators: Operator[];
  beforeAll(() => {
    laptop = makeLaptop();
    laptop.key();
  });
  afterAll(() => laptop.clean());
  beforeEach(async () => {
    const key = readFileSync(join(laptop.home, '.ssh/id_ed25519.pub'), 'utf8').trim();
    operators = [];
    sshds = await Promise.all(['127.0.0.41', '127.0.0.42'].map((address) => startHost(address, key)));
    laptop.write('.ssh/known_hosts', `${sshds.map((sshd) => sshd.knownHost()).join('\n')}\n`);
  });
  afterEach(async () => {
    for (const { child } of operators) child.kill('SIGKILL');
    for (const sshd of sshds) await sshd.stop();
  });

  const start = (more: { lock?: object; pauseAt?: string } = {}) => {
    const hosts = sshds.map(({ address, port }, index) => ({ name: `cp${index + 1}`, address, port }));
    const operator = new Operator({ home: laptop.home, hosts, lock: {}, ...more });
    operators.push(operator);
    return operator;
  };
  const file = (path: string, host = 0) => join(sshds[host]!.root, path);
  const ca = () =>
    createHash('sha256')
      .update(readFileSync(file('etc/kubernetes/pki/ca.crt')))
      .digest('hex');

  it.each([0, 3, 11, 40, 90])(
    'B11: two runs at once on the same hosts, the second %i ms later: one wins',
    async (ms) => {
      const [one, two] = [start({ pauseAt: 'connected' }), start({ pauseAt: 'connected' })];
      await Promise.all([one.reached('connected'), two.reached('connected')]);
      one.go();
      await new Promise((resolve) => setTimeout(resolve, ms));
      two.go();
      const ends = await Promise.all([one.end(), two.end()]);
      expect(ends.map(({ exit }) => exit).toSorted()).toEqual([EXIT.ok, EXIT.locked]);
      const { error } = ends.find(({ exit }) => exit === EXIT.locked)!;
      expect(error).toMatchObject({ code: 'ClusterLocked' });
      expect(error!.message).toMatch(
        /^Another run has worked on this cluster \(its lock is on cp1\) for \d+ s: \S+@\S+: kubewright apply \(run /,
      );
      const before = ca();
      expect((await start().end()).exit).toBe(EXIT.ok);
      expect(ca()).toBe(before);
    },
  );

  it('B11: who is to wait does, and then finds what the other has made', async () => {
    const one = start({ pauseAt: 'looked' });
    await one.reached('looked');
    const two = start({ lock: { waitSeconds: 60 } });
    await two.told(({ message }) => message?.startsWith('waiting:') ?? false);
    expect(existsSync(file('etc/kubernetes/pki/ca.crt'))).toBe(false);
    one.go();
    expect((await one.end()).exit).toBe(EXIT.ok);
    const before = ca();
    expect((await two.end()).exit).toBe(EXIT.ok);
    expect(ca()).toBe(before);
  });

  it('B12: a run that was stopped for longer than its lease writes nothing more', async () => {
    const one = start({ pauseAt: 'looked', lock: { leaseSeconds: 2 } });
    await one.reached('looked');
    one.child.kill('SIGSTOP');
    one.go();
    const two = start({ lock: { waitSeconds: 60, leaseSeconds: 2 } });
    const second = await two.end();
    expect(second.exit).toBe(EXIT.ok);
    expect(second.messages).toContainEqual(
      expect.stringMatching(/^broke the lock of .*its lease had run out$/),
    );
    const [journal, before] = [readFileSync(file('var/lib/kubewright/journal'), 'utf8'), ca()];
    one.child.kill('SIGCONT');
    expect(await one.end()).toMatchObject({ exit: EXIT.locked, error: { code: 'LockLost' } });
    expect(readFileSync(file('var/lib/kubewright/journal'), 'utf8')).toBe(journal);
    expect(ca()).toBe(before);
  });

  it('B13: the lock of a run that was killed on this machine is taken over at once, and that is said', async () => {
    const one = start({ pauseAt: 'looked' });
    await one.reached('looked');
    one.child.kill('SIGKILL');
    await one.end();
    const second = await start().end();
    expect(second.exit).toBe(EXIT.ok);
    expect(second.messages).toContainEqual(
      expect.stringMatching(/^took over the lock of .*that run is gone$/),
    );
  });

  it('B04: Ctrl-C ends the run after the operation that it is in, and gives the locks back', async () => {
    const one = start({ pauseAt: 'looked' });
    await one.reached('looked');
    one.child.kill('SIGINT');
    await new Promise((resolve) => setTimeout(resolve, 100));
    one.go();
    expect((await one.end()).exit).toBe(EXIT.interrupted);
    const second = await start().end();
    expect(second.exit).toBe(EXIT.ok);
    expect(second.messages.filter((text) => /lock/.test(text))).toEqual([]);
  });
});
