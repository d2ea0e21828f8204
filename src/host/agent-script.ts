import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PARTS = ['applier', 'journal', 'lock', 'operations', 'fetch', 'actions', 'inspect', 'facts'];

/**
 * What the login shell is given. No backslash, newline or `!`, so that fish and csh read it as sh does; the script
 * itself follows on stdin, its length first.
 */
export const BOOTSTRAP = `sh -c 'IFS= read -r n; s=$(dd bs="$n" count=1 iflag=fullblock 2>/dev/null); eval "$s"' kubewright`;

let script: Buffer | undefined;

/** Length line and script of the applier (templates/host-agent), ready for the bootstrap's stdin. */
export function agentScript(): Buffer {
  script ??= read();
  return script;
}

function read(): Buffer {
  const folder = templates(import.meta.dirname);
  const parts = PARTS.map((part) => readFileSync(join(folder, `${part}.sh`), 'utf8'));
  // Whole lines of comment cost bytes on every connection and tell the host nothing.
  const text = `${parts.join('\n').replace(/^[ \t]*#.*\n/gm, '')}\nserve\n`;
  return Buffer.from(`${Buffer.byteLength(text)}\n${text}`);
}

/** The package's own templates, from src as well as from any depth of dist. */
function templates(from: string): string {
  const folder = join(from, 'templates', 'host-agent');
  if (existsSync(folder)) return folder;
  const above = dirname(from);
  if (above === from) throw new Error('templates/host-agent is missing from this installation');
  return templates(above);
}
