import { KubewrightError } from '../../base/errors.ts';
import type { Change, OperationDraft, Send } from '../../engine/step.ts';
import type { Facts, Host, Remote } from '../../host/port.ts';
import type { Reporter } from '../../output/events.ts';
import { openShare, SHARE_PORT, shareFolder, shareUrl } from './share.ts';
import type { Shares } from './shares.ts';
import type { Way } from './spread.ts';

/** An artifact as it is spoken of. */
interface Parcel {
  component: string;
  sha256: string;
}

/** What the operation that brings it has to say of its way. */
export interface Carriage {
  keep: string;
  from?: Remote;
}

/** Neither the machine's proxies nor anybody's authorities have to do with the host next door. */
const DIRECT = { http_proxy: '', all_proxy: '', ALL_PROXY: '' };
/** What keeps one host from fetching from another; anything else would fail from here as well. */
const TROUBLE = ['FetchFailed', 'FetcherMissing', 'ArtifactDamaged', 'OperationTimeout'];

/** Brings one host its artifacts, from hosts that have them where there are such, and has it serve the others then. */
export class Courier {
  readonly #shares: Shares;
  readonly #host: Host;
  readonly #address: string;
  readonly #fetches: boolean;
  readonly #reporter: Reporter;
  #opened: Promise<boolean> | undefined;

  constructor(shares: Shares, to: { host: Host; address: string; facts: Facts }, reporter: Reporter) {
    this.#shares = shares;
    this.#host = to.host;
    this.#address = to.address;
    this.#fetches = (to.facts.commands.curl || to.facts.commands.wget) ?? false;
    this.#reporter = reporter;
  }

  /** `drafts`: what is carried out, by that way; the first of them brings the artifact. */
  change(parcel: Parcel, drafts: (carriage: Carriage) => OperationDraft[]): Change {
    return { kind: 'dialogue', run: (send, signal) => this.#deliver(parcel, drafts, send, signal) };
  }

  async #deliver(
    parcel: Parcel,
    drafts: (carriage: Carriage) => OperationDraft[],
    send: Send,
    signal: AbortSignal,
  ): Promise<void> {
    const { spread } = this.#shares;
    for (;;) {
      const way = this.#fetches
        ? await spread.way(parcel.sha256, this.#host.name, signal)
        : spread.upload(parcel.sha256, this.#host.name);
      try {
        const [result] = await send(drafts(this.#carriage(way)), { lane: 'bulk' });
        spread.arrived(way, result?.stdout.trim() === 'kept' && (await this.#serve(send)));
        return;
      } catch (error) {
        const code = error instanceof KubewrightError ? error.code : '';
        const fresh = spread.failed(way, { damaged: code === 'ArtifactDamaged' });
        if (way.server === undefined || !TROUBLE.includes(code)) throw error;
        if (fresh) this.#tell(parcel, way.server, error as KubewrightError);
      }
    }
  }

  #carriage({ artifact, server }: Way): Carriage {
    const { serving, token } = this.#shares;
    const keep = shareFolder(token);
    const peer = server === undefined ? undefined : serving.get(server);
    if (!peer) return { keep };
    const url = shareUrl(peer.address, token, artifact);
    return { keep, from: { url, sha256: artifact, env: DIRECT, near: true } };
  }

  /** Once a host and run. One that cannot serve has its artifacts all the same. */
  #serve(send: Send): Promise<boolean> {
    this.#opened ??= this.#open(send);
    return this.#opened;
  }

  async #open(send: Send): Promise<boolean> {
    const { host, address } = { host: this.#host, address: this.#address };
    // Before it listens: what fails half-way is ended with the run too.
    this.#shares.serving.set(host.name, { host, address });
    try {
      await send(openShare(address), { as: 'share' });
      return true;
    } catch (error) {
      if (!(error instanceof KubewrightError && error.code === 'OperationFailed')) throw error;
      const text = `it does not pass artifacts on to other hosts: ${error.message}`;
      this.#reporter.emit({ type: 'message', level: 'warning', host: host.name, text });
      return false;
    }
  }

  #tell({ component }: Parcel, server: string, error: KubewrightError): void {
    const damaged = error.code === 'ArtifactDamaged';
    const text = damaged
      ? `${component} as ${server} gave it is not what it has to be; it is fetched elsewhere`
      : `could not fetch ${component} from ${server}, port ${SHARE_PORT} (a firewall?); nothing more is fetched from there`;
    const evidence = error.evidence ? `: ${error.evidence.split('\n').at(-1)}` : '';
    this.#reporter.emit({ type: 'message', level: 'warning', host: this.#host.name, text: text + evidence });
  }
}
