import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Laptop, makeLaptop } from '../support/laptop.ts';
import { homeOf } from '../support/private-files.ts';
import { Site } from '../support/site.ts';
import { storeArtifacts } from './artifacts.ts';
import type { ManyResult, ManyRun } from './run.ts';

const PROGRAM = join(import.meta.dirname, 'run.ts');

/** Workers h1 … hN, and a laptop that works on them. */
export class Fleet implements AsyncDisposable {
  readonly site = new Site('127.0.1');
  readonly laptop: Laptop = makeLaptop();
  readonly #folder = mkdtempSync(join(tmpdir(), 'kubewright-many-'));
  /** Of every artifact once. */
  bytes = 0;

  /** `without`: numbers of hosts that the laptop's key does not open. */
  static async start(hosts: number, bytes: number, without: readonly number[] = []): Promise<Fleet> {
    const fleet = new Fleet();
    const key = fleet.laptop.key();
    for (let number = 1; number <= hosts; number++) await fleet.site.add(without.includes(number) ? '' : key);
    fleet.bytes = await storeArtifacts(fleet.#folder, bytes);
    return fleet;
  }

  async run(verb: ManyRun['verb'], delivery: ManyRun['delivery'] = 'upload'): Promise<ManyResult> {
    const hosts = this.site.places(this.laptop, (index) => `h${index + 1}`);
    const request: ManyRun = { verb, home: this.laptop.home, artifacts: this.#folder, hosts, delivery };
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, JSON.stringify(request)], {
      timeout: 300_000,
      maxBuffer: 1e8,
    });
    return JSON.parse(stdout) as ManyResult;
  }

  /** The laptop's key opens this host too from now on. */
  admit(number: number): void {
    const home = homeOf(this.site.sshds[number - 1]!.root, { name: 'root' });
    writeFileSync(join(home, '.ssh/authorized_keys'), this.laptop.read('.ssh/id_ed25519.pub'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.site[Symbol.asyncDispose]();
    await this.laptop.clean();
    rmSync(this.#folder, { recursive: true });
  }
}
