import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { executableName } from '../../../src/artifacts/build/go.ts';
import { catalog } from '../../../src/artifacts/catalog.ts';
import { normalPath } from '../../../src/artifacts/image/tar.ts';

const names = [
  ...catalog.modules.flatMap(({ binaries }) => Object.keys(binaries)),
  ...[...catalog.programs, ...catalog.packages].map(({ component }) => component),
];
const modFile = (folder: string) => readFileSync(`components/${folder}/go.mod`, 'utf8');

test.each(catalog.modules)('components/$folder/go.mod pins what the catalog says', (module) => {
  const text = modFile(module.folder);
  for (const path of module.modules) {
    const required = new RegExp(`^\\s*(?:require )?${path.replaceAll('.', '\\.')} (v\\S+)`, 'm').exec(text);
    expect(required?.[1], path).toBe(module.version);
  }
  expect(readFileSync(`components/${module.folder}/go.sum`, 'utf8')).toContain(
    `${module.modules[0]} ${module.version} h1:`,
  );
});

test.each(catalog.modules)(
  'components/$folder/go.mod has each main package as a tool, and no other',
  (module) => {
    const text = modFile(module.folder);
    const block = /^tool \(\n([\s\S]*?)^\)/m.exec(text)?.[1] ?? /^tool (\S+)$/m.exec(text)?.[1] ?? '';
    const tools = block.split(/\s+/).filter(Boolean);
    expect(tools.sort()).toEqual(Object.values(module.binaries).sort());
  },
);

test('every staging module of Kubernetes is replaced by the version that belongs to it', () => {
  const staging = `v0.${catalog.kubernetes.slice('v1.'.length)}`;
  const replaced = [...modFile('kubernetes').matchAll(/^\s*(k8s\.io\/\S+) => \1 (\S+)$/gm)];
  expect(replaced.length).toBeGreaterThan(30);
  expect(new Set(replaced.map(([, , version]) => version))).toEqual(new Set([staging]));
});

test('every folder under components is in the catalog', () => {
  const folders = readdirSync('components', { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual(catalog.modules.map(({ folder }) => folder).sort());
});

test('component names are unique, and two binaries of a module never land on one file', () => {
  expect(new Set(names).size).toBe(names.length);
  for (const { binaries } of catalog.modules) {
    const files = Object.values(binaries).map(executableName);
    expect(new Set(files).size).toBe(files.length);
  }
});

test('hosts and images name components that exist, at normal paths', () => {
  for (const { component, path, mode } of catalog.hostFiles) {
    expect(names).toContain(component);
    expect(normalPath(path)).toBe(path);
    expect(mode).toBe(0o755);
  }
  for (const image of catalog.images) {
    for (const component of [...(image.layers ?? []), ...Object.values(image.files)]) {
      expect(names).toContain(component);
    }
    for (const path of Object.keys({ ...image.files, ...image.links, ...image.folders })) {
      expect(normalPath(path)).toBe(path);
    }
    expect(image.reference).toMatch(/^[a-z0-9.-]+(\/[a-z0-9-]+)+:v?\d+\.\d+\.\d+(-\d+)?$/);
  }
});

test('image tags carry the version of what is in them', () => {
  for (const image of catalog.images.filter(({ name }) => name !== 'agnhost')) {
    const component = Object.values(image.files)[0]!;
    const version =
      catalog.modules.find(({ binaries }) => component in binaries)?.version ??
      catalog.programs.find((program) => program.component === component)?.version ??
      '';
    expect(image.reference).toContain(version.replace(/^v/, ''));
  }
});

test('every component is used: by a host, by an image or as a peer', () => {
  const used = [
    ...catalog.hostFiles.map(({ component }) => component),
    ...catalog.images.flatMap(({ layers = [], files }) => [...layers, ...Object.values(files)]),
    ...catalog.peers.components,
  ];
  expect(names.filter((name) => !used.includes(name))).toEqual([]);
});
