import { type Path, valueAt } from '../findings.ts';
import type { Conversion, Source } from './conversion.ts';

interface Argument {
  name: string;
  value: string;
}

/** kubeadm's list of arguments as a map; a name that stands there several times gets a list. */
export function argumentsOf(
  list: readonly Argument[] | undefined,
): Record<string, string | string[]> | undefined {
  if (list === undefined) return undefined;
  const names = [...new Set(list.map(({ name }) => name))];
  return Object.fromEntries(
    names.map((name) => {
      const values = list.filter((each) => each.name === name).map(({ value }) => value);
      return [name, values.length === 1 ? values[0]! : values];
    }),
  );
}

/** extraArgs, extraEnvs and extraVolumes of one component. */
export function convertComponent(conversion: Conversion, source: Source, from: Path, to: string): void {
  convertArguments(conversion, source, [...from, 'extraArgs'], [to, 'extraArgs']);
  convertEnvironment(conversion, source, [...from, 'extraEnvs'], [to, 'environment']);
  const at = [...from, 'extraVolumes'];
  const volumes = valueAt(source.value, at) as { readOnly?: boolean }[] | undefined;
  for (const [index, volume] of (volumes ?? []).entries()) {
    // Read-only is our default, and not kubeadm's.
    const value = { ...volume, readOnly: volume.readOnly ?? false };
    conversion.set([to, 'volumes', index], value, source, [...at, index]);
  }
}

export function convertArguments(conversion: Conversion, source: Source, from: Path, to: Path): void {
  const list = valueAt(source.value, from) as Argument[] | undefined;
  for (const [name, value] of Object.entries(argumentsOf(list) ?? {})) {
    const index = list!.findLastIndex((argument) => argument.name === name);
    conversion.set([...to, name], value, source, [...from, index]);
  }
}

function convertEnvironment(conversion: Conversion, source: Source, from: Path, to: Path): void {
  const list = valueAt(source.value, from) as
    | { name: string; value?: string; valueFrom?: unknown }[]
    | undefined;
  for (const [index, { name, value }] of (list ?? []).entries()) {
    conversion.refuse(
      source,
      [...from, index, 'valueFrom'],
      'a static pod takes nothing from the cluster here',
      'give it a "value"',
    );
    conversion.set([...to, name], value ?? '', source, [...from, index]);
  }
}
