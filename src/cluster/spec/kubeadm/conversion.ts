import type { LocatedDocument } from '../../../kube/yaml.ts';
import { type Path, type PlacedFinding, valueAt } from '../findings.ts';
import { placeIn } from '../located-text.ts';

type Fields = Record<string | number, unknown>;

/** One document of a kubeadm file on its way into a specification, which several of them fill. */
export interface Source {
  kind: string;
  document: LocatedDocument;
  /** Checked: only known fields, each of its kind, none null. */
  value: unknown;
}

/** Where a field of the specification comes from. */
interface Origin {
  to: Path;
  source: Source;
  from: Path;
}

/** What is gathered from the documents of one file. */
export class Conversion {
  readonly input: Fields = {};
  readonly findings: PlacedFinding[];
  readonly warnings: PlacedFinding[] = [];
  readonly #origins: Origin[] = [];

  constructor(mistakes: readonly PlacedFinding[]) {
    this.findings = [...mistakes];
  }

  /** Sets a field of the specification; undefined sets nothing. */
  set(to: Path, value: unknown, source: Source, from: Path): void {
    if (value === undefined) return;
    let at: Fields = this.input;
    for (const [index, part] of to.slice(0, -1).entries()) {
      at[part] ??= typeof to[index + 1] === 'number' ? [] : {};
      at = at[part] as Fields;
    }
    at[to.at(-1)!] = value;
    this.#origins.push({ to, source, from });
  }

  /** Takes a field over as it is. */
  take(source: Source, from: Path, to: Path): void {
    this.set(to, valueAt(source.value, from), source, from);
  }

  /** A field that says something which no cluster file can say; nothing where it was not written. */
  refuse(source: Source, from: Path, message: string, hint?: string): void {
    if (valueAt(source.value, from) !== undefined) this.findings.push(placed(source, from, message, hint));
  }

  /** A field that changes nothing here. */
  ignore(source: Source, from: Path, message: string): void {
    if (valueAt(source.value, from) !== undefined) this.warnings.push(placed(source, from, message));
  }

  /** Where a field of the specification was written in the file, and as what. */
  origin(path: Path): { source: Source; from: Path } | undefined {
    const covers = ({ to }: Origin) =>
      to.length <= path.length && to.every((part, index) => part === path[index]);
    const [best] = this.#origins.filter(covers).toSorted((a, b) => b.to.length - a.to.length);
    if (!best) return undefined;
    const deeper = [...best.from, ...path.slice(best.to.length)];
    return { source: best.source, from: best.source.document.find(deeper) ? deeper : best.from };
  }
}

export function placed(
  { document, kind }: Source,
  from: Path,
  message: string,
  hint?: string,
  key?: boolean,
): PlacedFinding {
  return { path: [kind, ...from], message, hint, at: placeIn(document, from, key) };
}
