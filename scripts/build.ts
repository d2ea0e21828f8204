// Bundles src and commands into dist/ as one split graph, so that a command loads only what it needs.
import { globSync, renameSync, rmSync } from 'node:fs';
import { build } from 'esbuild';

// Built beside and moved into place: whoever starts meanwhile finds a whole dist/, the old one or the new one.
const fresh = `.tmp/dist-${process.pid}`;
const old = `.tmp/old-${process.pid}`;
const commands = globSync('commands/**/*.ts').sort();
await build({
  entryPoints: ['src/cli/main.ts', ...commands],
  outbase: '.',
  outdir: fresh,
  entryNames: '[dir]/[name]',
  chunkNames: 'chunks/[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  sourcemap: false,
  legalComments: 'none',
  external: ['cpu-features', '*.node'],
  // What CommonJS packages expect of their module scope: require, and __dirname (ssh2, oclif).
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url); const __dirname = import.meta.dirname;",
  },
  logLevel: 'warning',
});
try {
  renameSync('dist', old);
} catch (error) {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
renameSync(fresh, 'dist');
rmSync(old, { recursive: true, force: true });
