import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { executableName } from '../../../src/artifacts/build/go.ts';
import { catalogs } from '../../../src/artifacts/catalog.ts';
import { normalPath } from '../../../src/artifacts/image/tar.ts';
import { allParts, componentVersion } from '../../../src/artifacts/selection.ts';

const { modules } = allParts(catalogs);
const modFile = (folder: string) => readFileSync(`components/${folder}/go.mod`, 'utf8');

test.each(modules)('components/$folder/go.mod pins what the catalog says', (module) => {
  const text = modFile(module.folder);
  for (const path of module.modules) {
    const required = new RegExp(`^\\s*(?:require )?${path.replaceAll('.', '\\.')} (v\\S+)`, 'm').exec(text);
    expect(required?.[1], path).toBe(module.version);
  }
  expect(readFileSync(`components/${module.folder}/go.sum`, 'utf8')).toContain(
    `${module.modules[0]} ${module.version} h1:`,
  );
});

test.each(readdirSync('components', { withFileTypes: true }).filter((entry) => entry.isDirectory()))(
  'components/$name is in the catalog; its go.mod has each main package as a tool, and no other',
  ({ name }) => {
    const block =
      /^tool \(\n([\s\S]*?)^\)/m.exec(modFile(name))?.[1] ?? /^tool (\S+)$/m.exec(modFile(name))?.[1];
    const tools = (block ?? '').split(/\s+/).filter(Boolean);
    const built = modules.filter(({ folder }) => folder === name);
    expect(tools.sort()).toEqual(built.flatMap(({ binaries }) => Object.values(binaries)).sort());
    expect(tools).not.toEqual([]);
  },
);

test('two binaries of a module never land on one file', () => {
  for (const { binaries } of modules) {
    const files = Object.values(binaries).map(executableName);
    expect(new Set(files).size).toBe(files.length);
  }
});

describe.each(catalogs)('Kubernetes $kubernetes', (catalog) => {
  const names = [
    ...catalog.modules.flatMap(({ binaries }) => Object.keys(binaries)),
    ...[...catalog.programs, ...catalog.packages].map(({ component }) => component),
  ];

  test('every staging module is replaced by the version that belongs to it', () => {
    const staging = `v0.${catalog.kubernetes.slice('v1.'.length)}`;
    const { folder } = catalog.modules.find(({ binaries }) => 'kubelet' in binaries)!;
    const replaced = [...modFile(folder).matchAll(/^\s*(k8s\.io\/\S+) => \1 (\S+)$/gm)];
    expect(replaced.length).toBeGreaterThan(30);
    expect(new Set(replaced.map(([, , version]) => version))).toEqual(new Set([staging]));
  });

  test('component names are unique', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  test('every binary of Kubernetes, but for the tests’ own, says this version', () => {
    const commands = ['kubelet', 'kubeadm', 'kube-proxy', 'kube-apiserver', 'kube-scheduler'];
    for (const name of commands) expect(componentVersion(catalog, name)).toBe(catalog.kubernetes);
    const { ldflags } = catalog.modules.find(({ binaries }) => 'kubelet' in binaries)!;
    expect(ldflags).toContain(`-X k8s.io/component-base/version.gitVersion=${catalog.kubernetes}`);
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
    // The distribution's own version is not the catalog's to say, and agnhost's image has one of its own.
    const own = catalog.images.filter(({ name }) => !['agnhost', 'haproxy'].includes(name));
    for (const image of own) {
      const version = componentVersion(catalog, Object.values(image.files)[0]!);
      expect(image.reference.split(':')[1]?.replace(/^v/, '')).toContain(version?.replace(/^v/, ''));
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
});
