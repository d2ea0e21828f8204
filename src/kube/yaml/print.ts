import { goFloat } from './float.ts';
import { compareKeys } from './order.ts';
import { readsAsText } from './scalars.ts';
import { analyze, isBreak, isPrintable } from './style.ts';

const WIDTH = 80;
const SIMPLE_KEY_BYTES = 128;

/**
 * YAML as kubectl prints it (sigs.k8s.io/yaml over go-yaml 2): keys sorted, two spaces, lists flush with their
 * key, texts quoted where YAML 1.1 would misread them, long lines folded at 80 columns. Ends with a newline.
 */
export function toYaml(value: unknown): string {
  const writer = new Writer();
  writer.node(value, -2, 'root');
  return `${writer.text.replace(/\n$/, '')}\n`;
}

type Context = 'root' | 'map' | 'list';

class Writer {
  text = '';
  #column = 0;

  /** `indent` is the column of the enclosing collection. */
  node(value: unknown, indent: number, context: Context): void {
    if (Array.isArray(value) && value.length > 0) this.#list(value, indent, context);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      if (entries.length > 0) this.#map(entries, indent, context);
      else this.#plainToken('{}');
    } else if (Array.isArray(value)) this.#plainToken('[]');
    else this.#scalar(value, Math.max(indent, 0), false);
  }

  #list(items: unknown[], outer: number, context: Context): void {
    const indent = context === 'map' ? outer : outer + 2;
    items.forEach((item, index) => {
      if (!(context === 'list' && index === 0)) this.#newLine(indent);
      else this.#put(' ');
      this.#put('-');
      this.node(item, indent, 'list');
    });
  }

  #map(entries: [string, unknown][], outer: number, context: Context): void {
    const indent = outer + 2;
    entries.sort(([a], [b]) => compareKeys(a, b));
    entries.forEach(([key, item], index) => {
      if (!(context === 'list' && index === 0)) this.#newLine(indent);
      else this.#put(' ');
      this.#entry(key, item, indent);
    });
  }

  #entry(key: string, item: unknown, indent: number): void {
    if (!analyze(key).multiline && Buffer.byteLength(key) <= SIMPLE_KEY_BYTES) {
      this.#scalar(key, indent, true);
      this.#put(':');
    } else {
      this.#put('?');
      this.#scalar(key, indent, false);
      this.#newLine(indent);
      this.#put(':');
      this.node(item, indent, 'list');
      return;
    }
    this.node(item, indent, 'map');
  }

  #scalar(value: unknown, indent: number, asKey: boolean): void {
    if (typeof value === 'string') this.#text(value, indent, asKey);
    else this.#plainToken(literal(value));
  }

  #text(value: string, indent: number, asKey: boolean): void {
    const { plain, singleQuoted, block } = analyze(value);
    const lines = value.includes('\n');
    const breaks = asKey ? -1 : indent + 2;
    const text = readsAsText(value);
    if (lines && block && !asKey) this.#block(value, indent + 2);
    else if (!lines && text && plain) this.#folded(value, breaks, '');
    else if (!lines && text && singleQuoted) this.#folded(value, breaks, "'");
    else this.#doubleQuoted(value, breaks);
  }

  #plainToken(token: string): void {
    this.#space();
    this.#put(token);
  }

  /** `foldTo` is the column of continued lines, negative where a line must not be broken. */
  #folded(value: string, foldTo: number, quote: '' | "'"): void {
    this.#space();
    this.#put(quote);
    const chars = [...value];
    let spaces = false;
    let breaks = false;
    chars.forEach((char, index) => {
      const inner = quote === '' || (index > 0 && index < chars.length - 1);
      if (char === ' ') {
        if (foldTo >= 0 && !spaces && this.#column > WIDTH && inner && chars[index + 1] !== ' ')
          this.#newLine(foldTo);
        else this.#put(' ');
        spaces = true;
        return;
      }
      if (isBreak(char)) {
        this.#put(char);
        this.#column = 0;
        breaks = true;
        return;
      }
      if (breaks) this.#put(' '.repeat(Math.max(0, foldTo)));
      this.#put(quote !== '' && char === "'" ? "''" : char);
      spaces = false;
      breaks = false;
    });
    this.#put(quote);
  }

  #doubleQuoted(value: string, foldTo: number): void {
    this.#space();
    this.#put('"');
    const chars = [...value];
    let spaces = false;
    chars.forEach((char, index) => {
      const inner = index > 0 && index < chars.length - 1;
      if (char === ' ' && foldTo >= 0 && !spaces && this.#column > WIDTH && inner) {
        this.#newLine(foldTo);
        if (chars[index + 1] === ' ') this.#put('\\');
      } else this.#put(escaped(char));
      spaces = char === ' ';
    });
    this.#put('"');
  }

  #block(value: string, indent: number): void {
    this.#space();
    const chars = [...value];
    const hint = chars[0] === ' ' || isBreak(chars[0]!) ? '2' : '';
    const last = chars.at(-1)!;
    const keep = isBreak(last) && (chars.length === 1 || isBreak(chars.at(-2)!));
    this.#put(`|${hint}${isBreak(last) ? (keep ? '+' : '') : '-'}\n`);
    let fresh = true;
    for (const char of chars) {
      if (fresh && !isBreak(char)) this.#put(' '.repeat(indent));
      this.#put(char);
      fresh = isBreak(char);
    }
    this.#column = fresh ? 0 : this.#column;
  }

  #space(): void {
    if (this.#column > 0 && !/[ \n]$/.test(this.text.slice(-1))) this.#put(' ');
  }

  #newLine(indent: number): void {
    if (this.text !== '' && !(this.#column === 0 && this.text.endsWith('\n'))) this.text += '\n';
    this.#column = 0;
    this.#put(' '.repeat(indent));
  }

  #put(text: string): void {
    this.text += text;
    this.#column += text.length === 1 ? 1 : [...text].length;
  }
}

const ESCAPES: Record<string, string> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\u2028': 'L',
  '\u2029': 'P',
};

function escaped(char: string): string {
  const short = ESCAPES[char];
  if (short) return `\\${short}`;
  if (isPrintable(char) && !isBreak(char)) return char;
  const code = char.codePointAt(0)!;
  const [letter, width] = code <= 0xff ? ['x', 2] : code <= 0xffff ? ['u', 4] : ['U', 8];
  return `\\${letter}${code
    .toString(16)
    .toUpperCase()
    .padStart(width as number, '0')}`;
}

function literal(value: unknown): string {
  if (typeof value !== 'number') return value === undefined || value === null ? 'null' : String(value);
  const whole = Number.isInteger(value) && value < 2 ** 64 && value >= -(2 ** 63);
  return whole ? String(value) : goFloat(value);
}
