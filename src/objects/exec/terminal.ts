import type { Writable } from 'node:stream';
import type { ChannelSession } from '../../kube/streams/exec.ts';

/** What a terminal's input can do (tty.ReadStream). */
export interface Terminal {
  isTTY?: boolean;
  isRaw?: boolean;
  setRawMode(raw: boolean): unknown;
}

interface TerminalStreams {
  stdin: Partial<Terminal>;
  stdout: Writable & { columns?: number; rows?: number };
}

/** Every key goes to the other side, and so does the size; the function given puts the terminal back. */
export function takeTerminal(session: ChannelSession, { stdin, stdout }: TerminalStreams): () => void {
  const before = stdin.isRaw ?? false;
  const tellSize = () => {
    if (stdout.columns && stdout.rows) session.resize(stdout.columns, stdout.rows);
  };
  stdin.setRawMode?.(true);
  stdout.on('resize', tellSize);
  tellSize();
  return () => {
    stdout.off('resize', tellSize);
    stdin.setRawMode?.(before);
  };
}
