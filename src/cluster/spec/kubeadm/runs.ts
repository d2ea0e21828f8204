import { API_SERVER_PORT } from '../defaults.ts';
import { valueAt } from '../findings.ts';
import { type Conversion, placed, type Source } from './conversion.ts';
import { convertNode } from './node.ts';
import { convertPatches, type ReadFolder } from './patches.ts';

export interface RunOptions {
  /** The host's place among those of the specification. */
  index: number;
  readFolder?: ReadFolder | undefined;
}

export function convertInit(conversion: Conversion, source: Source, options: RunOptions): void {
  const endpoint = ['localAPIEndpoint'];
  convertNode(conversion, source, { ...options, role: 'control-plane', endpoint });
  convertPort(conversion, source, [...endpoint, 'bindPort']);
  convertRun(conversion, source, options);
  conversion.ignore(
    source,
    ['bootstrapTokens'],
    'has no effect: "kubewright join" makes its own, "kubewright token create" others',
  );
  conversion.ignore(source, ['certificateKey'], KEYS);
}

const KEYS = 'has no effect: "kubewright join" brings keys to control planes itself';

export function convertJoin(conversion: Conversion, source: Source, options: RunOptions): void {
  const role = valueAt(source.value, ['controlPlane']) === undefined ? 'worker' : 'control-plane';
  const endpoint = ['controlPlane', 'localAPIEndpoint'];
  convertNode(conversion, source, { ...options, role, endpoint });
  convertPort(conversion, source, [...endpoint, 'bindPort']);
  convertRun(conversion, source, options);
  const found = 'has no effect: "kubewright join" finds the cluster by its kubeconfig, or by options';
  for (const field of ['caCertPath', 'discovery']) conversion.ignore(source, [field], found);
  conversion.ignore(source, ['controlPlane', 'certificateKey'], KEYS);
}

/** The API server listens at the port by which all nodes know it. */
function convertPort(conversion: Conversion, source: Source, from: string[]): void {
  const bound = valueAt(source.value, from) ?? API_SERVER_PORT;
  const endpoint = conversion.input.endpoint as { name?: string; port?: number } | undefined;
  if (!endpoint?.name) conversion.take(source, from, ['endpoint', 'port']);
  const told = endpoint?.port ?? API_SERVER_PORT;
  if (!endpoint?.name || told === bound) return;
  const message = `the API server's port ${bound} must be that of controlPlaneEndpoint, ${told}`;
  conversion.findings.push(placed(source, from, message));
}

function convertRun(conversion: Conversion, source: Source, { readFolder }: RunOptions): void {
  conversion.ignore(source, ['dryRun'], 'has no effect: --dry-run is an option of the commands');
  for (const name of Object.keys((valueAt(source.value, ['timeouts']) ?? {}) as object)) {
    const from = ['timeouts', name];
    if (name === 'upgradeManifests') conversion.ignore(source, from, 'has no effect in a cluster file');
    else conversion.take(source, from, from);
  }
  convertSkipped(conversion, source);
  convertPatches(conversion, source, readFolder);
}

const ADDONS: Record<string, string[]> = {
  addon: ['coredns', 'kubeProxy'],
  'addon/all': ['coredns', 'kubeProxy'],
  'addon/coredns': ['coredns'],
  'addon/kube-proxy': ['kubeProxy'],
};
const NOTHING = ['show-join-command', 'upload-certs', 'bootstrap-token'];

function convertSkipped(conversion: Conversion, source: Source): void {
  const phases = (valueAt(source.value, ['skipPhases']) ?? []) as string[];
  for (const [index, phase] of phases.entries()) {
    const from = ['skipPhases', index];
    if (Object.hasOwn(ADDONS, phase))
      for (const addon of ADDONS[phase]!) conversion.set(['addons', addon, 'enabled'], false, source, from);
    else if (NOTHING.includes(phase)) conversion.ignore(source, from, 'has no effect: it is never done');
    else conversion.refuse(source, from, `the phase ${phase} cannot be left out`);
  }
}
