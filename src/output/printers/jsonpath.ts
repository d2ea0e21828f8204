import { goText } from './go-text.ts';
import { type Json, toCompactJson, toJson } from './json.ts';
import { type EvaluateOptions, evaluate } from './jsonpath/evaluate.ts';
import { parseTemplate } from './jsonpath/parse.ts';
import { JsonPathError, type Part } from './jsonpath/syntax.ts';

export { JsonPathError };

/** A JSONPath template in Kubernetes' dialect. Nothing of it is ever run as code. */
export class JsonPath {
  readonly #template: Part[];

  /** Throws JsonPathError. */
  constructor(text: string) {
    this.#template = parseTemplate(text);
  }

  /** One list for each text and each `{…}`. Throws JsonPathError. */
  find(data: Json, options: EvaluateOptions = {}): Json[][] {
    return evaluate(this.#template, data, options);
  }

  /** The filled-in template, without a newline of its own. */
  print(data: Json, options: EvaluateOptions = {}): string {
    return this.find(data, options)
      .map((values) => values.map(printValue).join(' '))
      .join('');
  }

  /** `-o jsonpath-as-json`: each list as a JSON array. */
  printAsJson(data: Json, options: EvaluateOptions = {}): string {
    return this.find(data, options)
      .map((values) => toJson(values))
      .join('');
  }
}

function printValue(value: Json): string {
  if (value === null || value === undefined) return 'null';
  return typeof value === 'object' ? toCompactJson(value) : goText(value);
}

/** `metadata.name`, `.metadata.name` and `{metadata.name}` all mean `{.metadata.name}`. Throws JsonPathError. */
export function relaxedPath(text: string): string {
  if (text === '') return '';
  const match = /^\{\.?([^{}]+)\}$|^\.?([^{}]+)$/.exec(text);
  if (!match)
    throw new JsonPathError(
      `unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'`,
    );
  return `{.${match[1] ?? match[2]}}`;
}
