import { type Path, valueAt } from '../findings.ts';
import { argumentsOf } from './components.ts';
import type { Conversion, Source } from './conversion.ts';

export type Role = 'control-plane' | 'worker';

const CONTAINERD = /^(unix:\/\/)?\/(var\/)?run\/containerd\/containerd\.sock$/;
const ARGUMENTS = ['nodeRegistration', 'kubeletExtraArgs'];

/** The host that a configuration is for, as the index-th of the specification. */
export function convertNode(
  conversion: Conversion,
  source: Source,
  { index, role, endpoint }: { index: number; role: Role; endpoint: Path },
): void {
  const host = ['hosts', index];
  const registration = (field: string) => ['nodeRegistration', field];
  conversion.set([...host, 'role'], role, source, []);
  conversion.take(source, registration('name'), [...host, 'name']);
  conversion.take(source, [...endpoint, 'advertiseAddress'], [...host, 'address']);
  conversion.take(source, registration('ignorePreflightErrors'), [...host, 'ignorePreflightErrors']);
  convertTaints(conversion, source, [...host, 'taints']);
  convertKubeletArguments(conversion, source, host);
  const socket = registration('criSocket');
  if (CONTAINERD.test(String(valueAt(source.value, socket))))
    conversion.ignore(source, socket, 'has no effect: it is always so');
  else conversion.refuse(source, socket, 'kubewright installs containerd and uses it');
  for (const field of ['imagePullPolicy', 'imagePullSerial'])
    conversion.ignore(source, registration(field), 'has no effect: images are brought to the host');
}

function convertTaints(conversion: Conversion, source: Source, to: Path): void {
  const from = ['nodeRegistration', 'taints'];
  const taints = valueAt(source.value, from) as { timeAdded?: unknown }[] | undefined;
  const kept = taints?.map(({ timeAdded: _, ...taint }) => taint);
  conversion.set(to, kept, source, from);
}

/** Flags with a field of their own go into it. */
function convertKubeletArguments(conversion: Conversion, source: Source, host: Path): void {
  const list = valueAt(source.value, ARGUMENTS) as { name: string; value: string }[] | undefined;
  for (const [name, value] of Object.entries(argumentsOf(list) ?? {})) {
    const from = [...ARGUMENTS, list!.findLastIndex((argument) => argument.name === name)];
    const single = [value].flat().at(-1) ?? '';
    if (name === 'node-ip') conversion.set([...host, 'nodeAddress'], single, source, from);
    else if (name === 'node-labels') conversion.set([...host, 'labels'], labelsOf(single), source, from);
    else if (name === 'pod-infra-container-image')
      conversion.ignore(
        source,
        from,
        'has no effect: containerd knows the image, and the kubelet the flag no more',
      );
    else if (name === 'container-runtime-endpoint' && CONTAINERD.test(single))
      conversion.ignore(source, from, 'has no effect: it is always so');
    else if (name === 'hostname-override') convertOverride(conversion, source, host, single, from);
    else conversion.set([...host, 'kubeletExtraArgs', name], value, source, from);
  }
}

/** The name that the kubelet goes by is that of the host. */
function convertOverride(conversion: Conversion, source: Source, host: Path, name: string, from: Path): void {
  const given = valueAt(source.value, ['nodeRegistration', 'name']);
  if (given === undefined) conversion.set([...host, 'name'], name, source, from);
  else if (given !== name) conversion.refuse(source, from, `is another name than ${given}`);
}

function labelsOf(text: string): Record<string, string> {
  const pairs = text.split(',').filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [key.trim(), value.join('=').trim()];
    }),
  );
}
