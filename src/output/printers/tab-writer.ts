/** kubectl's column settings: at least six wide, three spaces between. */
const MIN_WIDTH = 6;
const PADDING = 3;

/**
 * Aligns cells that end with a tab, as Go's text/tabwriter does: a column is the run of neighbouring lines that
 * have a cell there. Widths are remembered until `reset`, so that rows of a watch stay in line.
 */
export class TabWriter {
  #text = '';
  #aligned = '';
  #widths: number[] = [];

  write(text: string): void {
    this.#text += text;
  }

  /** All that was written since the last `take`, aligned. */
  take(): string {
    this.align();
    const taken = this.#aligned;
    this.#aligned = '';
    return taken;
  }

  /** Fixes the widths of what was written so far. */
  align(): void {
    const lines = this.#text.split('\n').map((line) => line.split('\t').map(toCell));
    this.#text = '';
    const out: string[] = lines.map(() => '');
    this.#format(lines, out, 0, lines.length, []);
    this.#aligned += out.join('\n');
  }

  reset(): void {
    this.#widths = [];
  }

  #format(lines: Cell[][], out: string[], from: number, to: number, widths: number[]): void {
    const column = widths.length;
    let at = from;
    while (at < to) {
      if (!hasColumn(lines[at]!, column)) {
        out[at] = render(lines[at]!, widths);
        at++;
        continue;
      }
      let end = at;
      let width = MIN_WIDTH;
      for (; end < to && hasColumn(lines[end]!, column); end++)
        width = Math.max(width, lines[end]![column]!.width + PADDING);
      width = Math.max(width, this.#widths[column] ?? 0);
      this.#widths[column] = width;
      this.#format(lines, out, at, end, [...widths, width]);
      at = end;
    }
  }
}

interface Cell {
  text: string;
  width: number;
}

const toCell = (text: string): Cell => ({ text, width: [...text].length });
/** The last cell of a line is not ended by a tab and belongs to no column. */
const hasColumn = (line: Cell[], column: number): boolean => column < line.length - 1;

function render(line: Cell[], widths: number[]): string {
  return line
    .map(({ text, width }, index) => text + ' '.repeat(Math.max(0, (widths[index] ?? 0) - width)))
    .join('');
}
