/** Where a verb's result and its remarks go; the command hands in stdout and stderr. */
export interface Output {
  /** The result, as it comes. */
  out(data: string | Uint8Array): void;
  /** A remark in kubectl's words, a line each: `No resources found in default namespace.` */
  note(line: string): void;
}

/** `Warning: text`, as kubectl shows a server's warnings and its own. */
export function warn(output: Output, text: string): void {
  output.note(`Warning: ${text}`);
}
