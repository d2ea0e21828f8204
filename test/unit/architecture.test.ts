import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';

/** Rooms from the top of the house to its ground; imports go down, or stay in the same room. */
const ROOMS: Record<string, number> = {
  commands: 5,
  'src/cli': 4,
  'src/cluster': 3,
  'src/objects': 3,
  'src/lab': 3,
  'src/engine': 2,
  'src/host': 1,
  'src/artifacts': 1,
  'src/kube': 1,
  'src/output': 1,
  'src/base': 0,
};
/** The contracts between rooms of one floor: types alone, so that nothing is constructed through them. */
const CONTRACTS = [
  'src/output/events.ts',
  'src/host/port.ts',
  'src/kube/port.ts',
  'src/lab/port.ts',
  'src/artifacts/port.ts',
];
/** Where an adapter is made; only src/cli/context.ts may, and a room may in its own files. */
const ADAPTERS = [
  'connectSsh',
  'connectOpenSsh',
  'connectLocal',
  'createApiClient',
  'openStore',
  'openHost',
  'terminalPrompts',
];

interface Import {
  specifier: string;
  typeOnly: boolean;
  dynamic: boolean;
}
interface Source {
  file: string;
  room: string;
  text: string;
  /** Without comments; strings stay. */
  code: string;
  imports: Import[];
}

const root = join(import.meta.dirname, '../..');
const sources = globSync('{src,commands}/**/*.ts', { cwd: root }).sort().map(read);

function read(file: string): Source {
  const text = readFileSync(join(root, file), 'utf8');
  const code = withoutComments(text);
  const statics = [
    ...code.matchAll(/^\s*(?:import|export)\s+(type\s+)?(?:[^'";]*?from\s+)?['"]([^'"]+)['"]/gm),
  ];
  const dynamics = [...code.matchAll(/\bimport\(\s*['"`]([^'"`]+)['"`]/g)];
  return {
    file,
    room: roomOf(file),
    text,
    code,
    imports: [
      ...statics.map(([, type, specifier]) => ({
        specifier: specifier!,
        typeOnly: Boolean(type),
        dynamic: false,
      })),
      ...dynamics.map(([, specifier]) => ({ specifier: specifier!, typeOnly: false, dynamic: true })),
    ],
  };
}

function roomOf(file: string): string {
  const [first = '', second = ''] = file.split('/');
  return first === 'src' ? `src/${second}` : first;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}

function target(source: Source, specifier: string): string {
  return normalize(join(dirname(source.file), specifier));
}

const complaints = (find: (source: Source) => string[]) =>
  sources.flatMap((source) => find(source).map((what) => `${source.file}: ${what}`));

test('the sources are found, and their imports', () => {
  expect(sources.length).toBeGreaterThan(100);
  const base = sources.find(({ file }) => file === 'src/cli/base-command.ts');
  expect(base?.imports).toContainEqual({ specifier: './context.ts', typeOnly: false, dynamic: false });
  const main = sources.find(({ file }) => file === 'src/cli/main.ts');
  expect(main?.imports).toContainEqual({ specifier: './run.ts', typeOnly: false, dynamic: true });
});

test('every file lives in a room of the house', () => {
  expect(complaints(({ room }) => (room in ROOMS ? [] : [`no room ${room}`]))).toEqual([]);
});

test('imports go down', () => {
  const upwards = complaints((source) =>
    source.imports
      .filter(({ specifier }) => specifier.startsWith('.'))
      .map(({ specifier }) => target(source, specifier))
      .filter((file) => roomOf(file) !== source.room && !CONTRACTS.includes(file))
      .filter((file) => !(ROOMS[roomOf(file)]! < ROOMS[source.room]!))
      .map((file) => `imports ${file}`),
  );
  expect(upwards).toEqual([]);
});

test('commands reach no adapter room directly', () => {
  const rooms = ['src/host', 'src/artifacts'];
  const direct = complaints((source) =>
    source.room !== 'commands'
      ? []
      : source.imports
          .filter(({ specifier, typeOnly }) => !typeOnly && rooms.includes(roomOf(target(source, specifier))))
          .map(({ specifier }) => `imports ${specifier}`),
  );
  expect(direct).toEqual([]);
});

test('adapters are made in src/cli/context.ts alone', () => {
  const making = complaints(({ file, room, code }) =>
    file === 'src/cli/context.ts'
      ? []
      : [...code.matchAll(/import\s+\{([^}]*)\}\s+from\s+'(\.[^']+)'/g)]
          .filter(([, , specifier]) => roomOf(normalize(join(dirname(file), specifier!))) !== room)
          .flatMap(([, names]) => names!.split(',').map((name) => name.trim().split(' as ')[0]!))
          .filter((name) => ADAPTERS.includes(name))
          .map((name) => `imports ${name}`),
  );
  expect(making).toEqual([]);
});

// Bundled, `await import('undici')` has only `.default`: types pass and named members are undefined.
test('only own modules are imported dynamically', () => {
  const bare = complaints(({ imports }) =>
    imports
      .filter(
        ({ dynamic, specifier }) => dynamic && !specifier.startsWith('.') && !specifier.startsWith('node:'),
      )
      .map(({ specifier }) => `import('${specifier}')`),
  );
  expect(bare).toEqual([]);
});

test('local imports end in .ts', () => {
  const odd = complaints(({ imports }) =>
    imports
      .filter(({ specifier }) => specifier.startsWith('.') && !/\.(ts|json)$/.test(specifier))
      .map(({ specifier }) => specifier),
  );
  expect(odd).toEqual([]);
});

test('nothing prints or exits outside src/cli', () => {
  const loud = complaints(({ room, code }) =>
    room === 'src/cli'
      ? []
      : (code.match(/(?<!['"`/])\bconsole\.\w+|\bprocess\.(exit\b|exitCode\b|std(in|out|err)\b)/g) ?? []),
  );
  expect(loud).toEqual([]);
});

test('a file has at most 300 lines', () => {
  const long = complaints(({ text }) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > 300 ? [`${lines} lines`] : [];
  });
  expect(long).toEqual([]);
});

test('an empty catch says why', () => {
  const silent = complaints(({ text }) => text.match(/catch\s*(\([^)]*\)\s*)?\{\s*\}/g) ?? []);
  expect(silent).toEqual([]);
});

test('templates are files, not strings in code', () => {
  const yaml = complaints(({ code }) =>
    [...code.matchAll(/`[^`]*`/g)]
      .map(([string]) => string)
      .filter(
        (string) =>
          /^\s*(apiVersion|kind):\s/m.test(string) ||
          (string.match(/^\s*[\w.-]+:( \S.*)?$/gm) ?? []).length > 4,
      )
      .map((string) => `${string.slice(0, 40).replaceAll('\n', '⏎')}…`),
  );
  expect(yaml).toEqual([]);
});

test('oclif is imported by its parts, which load faster', () => {
  const whole = complaints(({ imports }) =>
    imports.filter(({ specifier }) => specifier === '@oclif/core').map(() => "imports '@oclif/core'"),
  );
  expect(whole).toEqual([]);
});

test('under commands/ lie command classes alone', () => {
  const others = complaints(({ room, code }) =>
    room === 'commands' && !/export default class \w+ extends \w+/.test(code) ? ['no command class'] : [],
  );
  expect(others).toEqual([]);
});

// oclif fills a missing argument from a piped standard input: `… | kubewright reset --yes` would reset what was piped.
test('no argument is taken from standard input', () => {
  const open = complaints(({ code }) =>
    (code.match(/\bArgs\.\w+\(\{[^}]*/g) ?? []).filter((text) => !text.includes('ignoreStdin: true')),
  );
  expect(open).toEqual([]);
});
