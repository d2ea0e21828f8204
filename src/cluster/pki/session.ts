import { KubewrightError } from '../../base/errors.ts';
import type { PlannedChange } from '../../engine/changes.ts';
import { Seen } from '../../engine/seen.ts';
import type { Host, Query } from '../../host/port.ts';
import { announceNeed } from './announce.ts';
import type { PkiContext } from './context.ts';
import { readKubeconfig } from './kubeconfig.ts';
import { KUBELET_SERVING_CERT, KUBELET_SERVING_KEY } from './kubelet-serving.ts';
import { type PkiFile, type PkiPlan, planPki } from './plan.ts';
import { type Need, type PkiReview, reviewPki } from './review.ts';
import type { SharedFiles } from './shared.ts';
import { certPath, KUBELET_CLIENT_CURRENT, kubeconfigPath, pkiPaths } from './table.ts';

const readCurrent = ['cat', KUBELET_CLIENT_CURRENT] as const;

/**
 * The keys of one control-plane host during one run: looked at once, reviewed once, issued at most once, so that
 * the phases `certs` and `kubeconfig` speak of the same authorities.
 */
export class PkiSession {
  readonly #context: PkiContext;
  #review: PkiReview | undefined;
  #plan: Promise<PkiPlan> | undefined;
  #existing: ReadonlyMap<string, Buffer> | undefined;

  /** Without the kubelet's own, which is a link that only reading follows. */
  readonly #files: readonly string[];
  readonly look: readonly Query[];

  readonly #shared: SharedFiles | undefined;
  readonly #host: Pick<Host, 'inspect'>;

  /** `shared`: what the cluster has already and this host is to be given, never to make itself. */
  constructor(host: Pick<Host, 'inspect'>, context: PkiContext, shared?: SharedFiles) {
    this.#host = host;
    this.#context = context;
    this.#shared = shared;
    const serving = context.kubeletServing ? [KUBELET_SERVING_CERT, KUBELET_SERVING_KEY] : [];
    this.#files = [...pkiPaths(context).filter((path) => path !== KUBELET_CLIENT_CURRENT), ...serving];
    const contents = this.#files.map((path): Query => ({ kind: 'file', path, content: true }));
    this.look = [...contents, { kind: 'run', argv: readCurrent }];
  }

  /** What would have to be made; throws the first thing that only a person can decide. */
  review(seen: Seen): PkiReview {
    this.#existing ??= this.#found(seen);
    this.#review ??= this.#ownNeeds(reviewPki(this.#context, this.#existing));
    const [problem] = this.#review.problems;
    if (problem) throw problem;
    return this.#review;
  }

  #found(seen: Seen): ReadonlyMap<string, Buffer> {
    return new Map([...(this.#shared ?? []), ...existingFiles(this.#files, seen)]);
  }

  /** In the plan of a cluster that is to be made there is nothing to be given yet. */
  #ownNeeds(review: PkiReview): PkiReview {
    if (!this.#shared) return review;
    return {
      ...review,
      needs: review.needs.filter(({ kind }) => kind !== 'ca' && kind !== 'service-account'),
    };
  }

  /** What a plan tells of what the review found missing. */
  announce(need: Need): PlannedChange[] {
    return announceNeed(need, this.#context);
  }

  /** Files that stay, but that more people may read than should. */
  looseModes(seen: Seen): { path: string; mode: number }[] {
    return this.#files.flatMap((path) => {
      const found = seen.file(path, { content: true });
      const mode = path.endsWith('.crt') ? 0o644 : 0o600;
      return found.type === 'file' && found.mode !== mode ? [{ path, mode }] : [];
    });
  }

  /** Issues what the review found missing; the same answer however often it is asked. */
  issue(seen: Seen): Promise<PkiPlan> {
    this.review(seen);
    this.#plan ??= planPki(this.#context, this.#existing!);
    return this.#plan;
  }

  /** PEM of the cluster's CA, once it is there. */
  ca(): Promise<string> {
    return this.#content(certPath('ca'));
  }

  /** The administrator's credentials, once they are there. */
  async administrator(file: 'admin.conf' | 'super-admin.conf'): Promise<Administrator> {
    const content = readKubeconfig(await this.#content(kubeconfigPath(file)))!;
    return { ca: await this.ca(), certificate: content.certificate!, key: content.key! };
  }

  /** A phase that runs without `certs` asks the host itself. */
  async #lookAgain(): Promise<Seen> {
    const seen = new Seen();
    await seen.look(this.#host, this.look);
    return seen;
  }

  async #content(path: string): Promise<string> {
    const written = (await this.#plan)?.write.find((file: PkiFile) => file.path === path)?.content;
    const existing = this.#existing ?? this.#found(await this.#lookAgain());
    const content = written ?? existing.get(path)?.toString();
    if (content !== undefined) return content;
    throw new KubewrightError({
      code: 'PkiNotIssued',
      message: `${path} is not there yet.`,
      hint: 'It is made by the phases certs and kubeconfig.',
      exit: 'step',
    });
  }
}

/** PEM. */
export interface Administrator {
  ca: string;
  certificate: string;
  key: string;
}

function existingFiles(files: readonly string[], seen: Seen): Map<string, Buffer> {
  const existing = new Map<string, Buffer>();
  for (const path of files) {
    const { content } = seen.file(path, { content: true });
    if (content) existing.set(path, content);
  }
  const current = seen.run(readCurrent);
  if (current.exit === 0) existing.set(KUBELET_CLIENT_CURRENT, Buffer.from(current.stdout));
  return existing;
}
