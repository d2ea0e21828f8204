import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { cacheDir } from '../../../src/base/dirs.ts';
import type { CommandResult } from '../../../src/lab/command.ts';
import { labsFolder } from '../../../src/lab/record.ts';
import { shell, type TestLab } from './lab.ts';

const CHECKOUT = join(import.meta.dirname, '../../..');
const SHARED = ['bin', 'dist', 'templates', 'components', 'package.json', 'oclif.manifest.json'];

/** Where a host sees what this machine has: the program, its Node, and the components that are built already. */
export const selfBinds = [
  ...SHARED.map((name) => `${join(CHECKOUT, name)}:/mnt/readonly/kubewright/${name}`),
  `${dirname(process.execPath)}:/mnt/readonly/node`,
  `${join(cacheDir(process.env), 'artifacts')}:/mnt/readonly/cache/kubewright/artifacts`,
];

/** `kubewright` as a program of the host's own. */
const WRAPPER = `#!/bin/sh
export HOME=/run/kw KUBECONFIG=/run/kw/config XDG_STATE_HOME=/run/kw XDG_CACHE_HOME=/mnt/readonly/cache NO_COLOR=1
export KUBEWRIGHT_ARTIFACTS_SOURCE=build
exec /mnt/readonly/node/node /mnt/readonly/kubewright/bin/run.js "$@"
`;

export interface Self {
  /** Puts the program there, and what the lab asks of its hosts (cgroup v1, conntrack). */
  prepare(): Promise<void>;
  /** A command line, run by a shell on the host itself; may fail. */
  run(line: string): Promise<CommandResult>;
  /** `kubewright ARGS`, which has to succeed; what it printed. */
  ok(args: string): Promise<string>;
  /** No trace of all this. */
  clean(): Promise<void>;
}

/** A host of a lab with `selfBinds` that works on itself. */
export function onItself(lab: TestLab, name: string): Self {
  const onHost = async (script: string) => shell(await lab.host(name), script, 400);
  const run = (line: string) => onHost(`PATH=/run/kw/bin:$PATH; ${line}`);
  return {
    run,
    prepare: async () => {
      const record = await readFile(join(labsFolder(process.env), lab.name, 'lab.json'), 'utf8');
      const folder = `/run/kw/kubewright/labs/${lab.name}`;
      const script = [
        `mkdir -p ${folder} /run/kw/bin`,
        `cat > ${folder}/lab.json <<'END'\n${record}\nEND`,
        `cat > /run/kw/bin/kubewright <<'END'\n${WRAPPER}END`,
        'chmod 755 /run/kw/bin/kubewright',
      ];
      expect((await onHost(script.join('\n'))).exit).toBe(0);
    },
    ok: async (args) => {
      const { exit, stdout, stderr } = await run(`kubewright ${args}`);
      expect(exit, `${args}\n${stderr}${stdout}`).toBe(0);
      return stdout;
    },
    clean: async () => void (await onHost('rm -rf /run/kw')),
  };
}
