import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** `version --client` and nothing else: every other form goes through oclif. */
export function wantsClientVersion(argv: readonly string[]): boolean {
  return (
    argv.length === 2 && argv[0] === 'version' && (argv[1] === '--client' || argv[1] === '--client=true')
  );
}

/** `Client Version: v0.1.0` and a newline, in kubectl's words. */
export function clientVersion(root: string): string {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  return `Client Version: v${version}\n`;
}
