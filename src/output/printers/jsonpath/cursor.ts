/** A place in a text. */
export class Cursor {
  readonly text: string;
  #at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.#at >= this.text.length;
  }

  get char(): string {
    return this.text[this.#at] ?? '';
  }

  startsWith(prefix: string): boolean {
    return this.text.startsWith(prefix, this.#at);
  }

  /** `mark`, taken; false where something else stands here. */
  accept(mark: string): boolean {
    if (!this.startsWith(mark)) return false;
    this.#at += mark.length;
    return true;
  }

  skip(count: number): void {
    this.#at += count;
  }

  skipSpaces(): void {
    while (this.char === ' ' || this.char === '\t') this.#at++;
  }

  /** Up to `mark`, which is left standing, or to the end. */
  until(mark: string): string {
    const end = this.text.indexOf(mark, this.#at);
    return this.take((end < 0 ? this.text.length : end) - this.#at);
  }

  take(length: number): string {
    const taken = this.text.slice(this.#at, this.#at + length);
    this.#at += taken.length;
    return taken;
  }

  /** What a sticky pattern matches here, taken; undefined where it does not match. */
  word(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }
}
