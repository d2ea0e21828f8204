import type { KubeObject } from '../../kube/port.ts';
import { toYaml } from '../../kube/yaml.ts';
import { writeHeaders, writeRow } from '../../output/printers/custom-columns.ts';
import { isMap, type Json, toJson } from '../../output/printers/json.ts';
import { JsonPathError } from '../../output/printers/jsonpath.ts';
import { objectName } from '../../output/printers/name.ts';
import { TabWriter } from '../../output/printers/tab-writer.ts';
import { usageFault } from '../failures.ts';
import type { Format } from './format.ts';

export interface ObjectPrinterOptions {
  showManagedFields?: boolean;
  noHeaders?: boolean;
  /** A JSONPath that finds nothing is an error. */
  strictPaths?: boolean;
}

type ObjectFormat = Exclude<Format, { kind: 'table' }>;

/** Whole objects and lists, one after the other, as kubectl's `-o` prints them. */
export class ObjectPrinter {
  readonly #format: ObjectFormat;
  readonly #options: ObjectPrinterOptions;
  readonly #rows = new TabWriter();
  #count = 0;

  constructor(format: ObjectFormat, options: ObjectPrinterOptions = {}) {
    this.#format = format;
    this.#options = options;
  }

  print(value: Json): string {
    const first = this.#count++ === 0;
    const format = this.#format;
    switch (format.kind) {
      case 'json':
        return toJson(this.#shown(value));
      case 'yaml':
        return `${first ? '' : '---\n'}${toYaml(this.#shown(value))}`;
      case 'name':
        return itemsOf(value)
          .map((item) => `${nameOf(item as KubeObject)}\n`)
          .join('');
      case 'jsonpath':
        return this.#path(format, value);
      case 'custom-columns':
        if (first && !this.#options.noHeaders) writeHeaders(format.columns, this.#rows);
        for (const item of itemsOf(value)) writeRow(format.columns, item, this.#rows);
        return this.#rows.take();
    }
  }

  #path(format: ObjectFormat & { kind: 'jsonpath' }, value: Json): string {
    const options = { strict: this.#options.strictPaths };
    try {
      return format.asJson ? format.path.printAsJson(value, options) : format.path.print(value, options);
    } catch (error) {
      if (!(error instanceof JsonPathError)) throw error;
      throw usageFault(`error executing jsonpath "${format.text}": ${error.message}`);
    }
  }

  #shown(value: Json): Json {
    if (this.#options.showManagedFields || !isMap(value)) return value;
    if (isList(value)) return { ...value, items: itemsOf(value).map(withoutManagedFields) };
    return withoutManagedFields(value);
  }
}

const isList = (value: Json): boolean => isMap(value) && Array.isArray(value.items);

function itemsOf(value: Json): Json[] {
  return isMap(value) && Array.isArray(value.items) ? value.items : [value];
}

function withoutManagedFields(value: Json): Json {
  if (!isMap(value) || !isMap(value.metadata) || !('managedFields' in value.metadata)) return value;
  const { managedFields: _, ...metadata } = value.metadata;
  return { ...value, metadata };
}

/** `deployment.apps/web` */
export function nameOf(object: KubeObject): string {
  return objectName(object.apiVersion, object.kind, object.metadata?.name);
}

/** Several objects in one, as kubectl wraps them: what it has read with an empty version, what it wrote without. */
export function asList(items: readonly unknown[], of: 'read' | 'written' = 'read'): Json {
  const metadata = of === 'read' ? { resourceVersion: '' } : {};
  return { kind: 'List', apiVersion: 'v1', metadata, items };
}
