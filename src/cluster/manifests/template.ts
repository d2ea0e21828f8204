import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import { packageRoot } from '../../artifacts/package-root.ts';
import type { KubeObject } from '../../kube/port.ts';

/** A file below templates/, with each `@name@` in it replaced. A name without a value, or unused, is our bug. */
export function textTemplate(path: string, values: Record<string, string> = {}): string {
  const used = new Set<string>();
  const text = readFileSync(join(packageRoot(), 'templates', path), 'utf8').replaceAll(
    /@([a-z][A-Za-z]*)@/g,
    (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`templates/${path} wants a value for ${name}`);
      used.add(name);
      return value;
    },
  );
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) throw new Error(`templates/${path} does not use ${unused.join(', ')}`);
  return text;
}

/** A fresh copy each time: callers change it. */
export function yamlTemplate<T>(path: string): T {
  return parse(textTemplate(path), { version: '1.1' }) as T;
}

/** The objects of a file with several documents. */
export function objectTemplates(path: string): KubeObject[] {
  return parseAllDocuments(textTemplate(path), { version: '1.1' }).map((document) => {
    const [error] = document.errors;
    if (error) throw error;
    return document.toJS() as KubeObject;
  });
}

/** The one object of a kind in such a list. */
export function objectOf(objects: readonly KubeObject[], kind: string): KubeObject {
  const found = objects.find((object) => object.kind === kind);
  if (!found) throw new Error(`no ${kind} among the template's objects`);
  return found;
}
