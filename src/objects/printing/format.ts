import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type CustomColumn, parseColumns, parseColumnsFile } from '../../output/printers/custom-columns.ts';
import { JsonPath } from '../../output/printers/jsonpath.ts';
import { usageFault } from '../failures.ts';

/** What `-o` asks for, parsed: nothing is printed before it is known to be right. */
export type Format =
  | { kind: 'table'; wide: boolean }
  | { kind: 'json' | 'yaml' | 'name'; wide?: undefined }
  | { kind: 'jsonpath'; path: JsonPath; text: string; asJson: boolean; wide?: undefined }
  | { kind: 'custom-columns'; columns: CustomColumn[]; wide?: undefined };

const TAKEN = [
  'json',
  'yaml',
  'name',
  'wide',
  'jsonpath=…',
  'jsonpath-as-json=…',
  'jsonpath-file=…',
  'custom-columns=…',
  'custom-columns-file=…',
];

/** `-o FORMAT[=ARGUMENT]`. Throws KubewrightError with exit 1 and what is taken. */
export function parseFormat(output: string | undefined, cwd: string): Format {
  if (output === undefined || output === '') return { kind: 'table', wide: false };
  if (output === 'wide') return { kind: 'table', wide: true };
  if (output === 'json' || output === 'yaml' || output === 'name') return { kind: output };
  const equals = output.indexOf('=');
  const [name, argument] = equals < 0 ? [output] : [output.slice(0, equals), output.slice(equals + 1)];
  try {
    return withArgument(name, argument, cwd) ?? unknownFormat(output);
  } catch (error) {
    if ((error as { code?: string }).code === 'ArgumentInvalid') throw error;
    throw usageFault(name.startsWith('jsonpath') ? jsonPathFault(argument, error) : (error as Error).message);
  }
}

function withArgument(name: string, argument: string | undefined, cwd: string): Format | undefined {
  const text = () => {
    if (!argument) throw usageFault(`template format specified but no template given`, `-o ${name}=…`);
    return argument;
  };
  const file = () => readFileSync(resolve(cwd, text()), 'utf8');
  switch (name) {
    case 'jsonpath':
    case 'jsonpath-as-json':
      return { kind: 'jsonpath', path: new JsonPath(text()), text: text(), asJson: name !== 'jsonpath' };
    case 'jsonpath-file':
      return { kind: 'jsonpath', path: new JsonPath(file()), text: file(), asJson: false };
    case 'custom-columns':
      return { kind: 'custom-columns', columns: parseColumns(argument ?? '') };
    case 'custom-columns-file':
      return { kind: 'custom-columns', columns: parseColumnsFile(file()) };
    default:
      return undefined;
  }
}

function jsonPathFault(text: string | undefined, error: unknown): string {
  return `error parsing jsonpath ${text}, ${(error as Error).message}`;
}

function unknownFormat(output: string): never {
  throw usageFault(
    `unable to match a printer suitable for the output format "${output}", allowed formats are: ${TAKEN.join(',')}`,
  );
}
