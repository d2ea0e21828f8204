import { expect, test } from 'vitest';
import { hostArch } from '../../../../src/artifacts/arch.ts';
import { findLacks, refuse } from '../../../../src/artifacts/build/compiler.ts';
import { EXIT } from '../../../../src/base/exit-codes.ts';
import { refusal, script, temporaryFolder } from '../support.ts';

const other = hostArch() === 'amd64' ? 'arm64' : 'amd64';
const all = { compiler: true, libseccomp: true };
const refused = (lacks: Awaited<ReturnType<typeof findLacks>>) => refusal((async () => refuse(lacks))());

function path(programs: Record<string, string>): { PATH: string } {
  const folder = temporaryFolder();
  for (const [name, body] of Object.entries(programs)) script(folder, name, body);
  return { PATH: folder };
}

test('nothing is looked for that is not needed', async () => {
  expect(await findLacks({ compiler: false, libseccomp: false }, hostArch(), path({}))).toEqual([]);
});

test('a missing compiler is named with its packages', async () => {
  const error = await refused(await findLacks(all, hostArch(), path({})));
  expect(error).toMatchObject({ code: 'CompilerMissing', exit: EXIT.prerequisite });
  expect(error.hint).toContain('apt-get install -y gcc libc6-dev');
});

test('a compiler that cannot link statically counts as missing', async () => {
  const lacks = await findLacks(all, hostArch(), path({ gcc: 'exit 1' }));
  expect(lacks.map(({ code }) => code)).toEqual(['CompilerMissing']);
});

test('missing pkg-config and libseccomp are told together', async () => {
  const gcc = 'for word; do [ "$word" = -lseccomp ] && exit 1; done; exit 0';
  const error = await refused(await findLacks(all, hostArch(), path({ gcc })));
  expect(error).toMatchObject({ code: 'PkgConfigMissing' });
  expect(error.message).toMatch(/pkg-config .*; libseccomp /);
  expect(error.hint).toContain('pkg-config libseccomp-dev');
});

test('flanneld and pause do not ask for libseccomp', async () => {
  const gcc = 'for word; do [ "$word" = -lseccomp ] && exit 1; done; exit 0';
  expect(await findLacks({ compiler: true, libseccomp: false }, hostArch(), path({ gcc }))).toEqual([]);
});

test('for another architecture the cross compiler is asked for by its name', async () => {
  const triplet = other === 'arm64' ? 'aarch64-linux-gnu' : 'x86-64-linux-gnu';
  const error = await refused(await findLacks(all, other, path({ gcc: 'exit 0', 'pkg-config': 'exit 0' })));
  expect(error.code).toBe('CompilerMissing');
  expect(error.message).toContain(`building them for ${other} on ${hostArch()}`);
  expect(error.hint).toContain(`gcc-${triplet}`);
});
