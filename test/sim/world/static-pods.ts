import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { SimHost } from './sim-host.ts';

/** What a static pod was started with. */
export interface RunningPod {
  /** `--name` → value, without the dashes. */
  args: ReadonlyMap<string, string>;
}

const MANIFESTS = '/etc/kubernetes/manifests';
const RUNNING = '/stub-state/pods';

/**
 * The static pods of one host, as kubelet and containerd run them: what manifests say while the kubelet runs, with
 * images that were imported; containers outlive the kubelet, and end with containerd. What runs lies in files too.
 */
export class StaticPods {
  readonly #host: SimHost;
  readonly #parsed = new Map<string, RunningPod & { name: string; image: string }>();

  constructor(host: SimHost) {
    this.#host = host;
  }

  /** By the component's name. */
  running(): Map<string, RunningPod> {
    const folder = this.#host.at(RUNNING);
    const unit = (name: string) => isActive(this.#host, name);
    if (!unit('containerd.service')) rmSync(folder, { recursive: true, force: true });
    else if (unit('kubelet.service')) this.#follow(folder);
    if (!existsSync(folder)) return new Map();
    // A manifest that was read while somebody wrote it by hand starts nothing.
    const pods = readdirSync(folder).flatMap((file) => this.#read(join(folder, file)) ?? []);
    return new Map(pods.map((pod) => [pod.name, pod]));
  }

  /** Any file that is no dot-file is a manifest; one that cannot be read ends its pod. */
  #follow(folder: string): void {
    const manifests = this.#host.at(MANIFESTS);
    const files = existsSync(manifests) ? readdirSync(manifests).filter((name) => !name.startsWith('.')) : [];
    const images = this.#images();
    const wanted = files.filter((file) => images.has(this.#read(join(manifests, file))?.image ?? ''));
    for (const file of existsSync(folder) ? readdirSync(folder) : []) {
      if (!wanted.includes(file)) rmSync(join(folder, file));
    }
    for (const file of wanted) {
      const text = readFileSync(join(manifests, file), 'utf8');
      const at = join(folder, file);
      if (existsSync(at) && readFileSync(at, 'utf8') === text) continue;
      mkdirSync(folder, { recursive: true });
      writeFileSync(at, text);
    }
  }

  #images(): Set<string> {
    const list = this.#host.at('/stub-state/images');
    const lines = existsSync(list) ? readFileSync(list, 'utf8').split('\n') : [];
    return new Set(lines.map((line) => line.split(' ')[0]!));
  }

  #read(file: string) {
    const { ino, mtimeMs, size } = statSync(file);
    const key = `${ino} ${mtimeMs} ${size}`;
    const known = this.#parsed.get(key);
    if (known) return known;
    try {
      const pod = parse(readFileSync(file, 'utf8')) as {
        metadata: { name: string };
        spec: { containers: { image: string; command: string[] }[] };
      };
      const [{ image, command }] = pod.spec.containers as [{ image: string; command: string[] }];
      const args = new Map(
        command.slice(1).map((word): [string, string] => {
          const [name = '', ...value] = word.replace(/^--/, '').split('=');
          return [name, value.join('=')];
        }),
      );
      const found = { name: pod.metadata.name, image, args };
      this.#parsed.set(key, found);
      return found;
    } catch {
      return undefined;
    }
  }
}

/** By the state that the stub of systemctl keeps. */
export function isActive(host: SimHost, unit: string): boolean {
  return stateOf(host, unit, 'active') === 'active';
}

export function stateOf(host: SimHost, unit: string, what: 'active' | 'entered'): string {
  const file = host.at(`/stub-state/units/${unit}.${what}`);
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : '';
}
