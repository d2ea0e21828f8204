const NEW_LINE = 10;
const EMPTY = Buffer.alloc(0);

/** Gives whole lines only, each with a prefix, so that streams shown side by side do not mix within a line. */
export class LineJoiner {
  readonly #prefix: Buffer;
  #pending: Buffer = EMPTY;

  constructor(prefix: string) {
    this.#prefix = Buffer.from(prefix);
  }

  add(chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(NEW_LINE);
    if (end < 0) {
      this.#pending = Buffer.concat([this.#pending, chunk]);
      return EMPTY;
    }
    const whole = Buffer.concat([this.#pending, chunk.subarray(0, end + 1)]);
    this.#pending = Buffer.from(chunk.subarray(end + 1));
    return this.#prefixed(whole);
  }

  /** The last line where it has no newline. */
  rest(): Buffer {
    const rest = this.#pending;
    this.#pending = EMPTY;
    return rest.length === 0 ? rest : Buffer.concat([this.#prefix, rest]);
  }

  #prefixed(lines: Buffer): Buffer {
    if (this.#prefix.length === 0) return lines;
    const parts: Buffer[] = [];
    for (let from = 0; from < lines.length; ) {
      const end = lines.indexOf(NEW_LINE, from) + 1;
      parts.push(this.#prefix, lines.subarray(from, end));
      from = end;
    }
    return Buffer.concat(parts);
  }
}
