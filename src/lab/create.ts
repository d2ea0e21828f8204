import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { KubewrightError } from '../base/errors.ts';
import { CGROUP_PARENT } from './cgroups.ts';
import { must } from './command.ts';
import { labDefaults } from './defaults.ts';
import { readKernelSettings } from './kernel-settings.ts';
import { alone } from './lock.ts';
import { claimSubnet } from './network.ts';
import {
  type HostRecord,
  type LabRecord,
  labNames,
  labsFolder,
  lockFolder,
  readRecord,
  writeRecord,
} from './record.ts';
import { chooseAddress, formatNetwork, gatewayAddress, hexAddress, parseNetwork } from './subnet.ts';
import type { LabUpOptions } from './up.ts';

/** The lab's record, written before anything else of it is made, so that `lab down` always knows what there may be. */
export async function openLab(base: string, options: LabUpOptions): Promise<LabRecord> {
  const { env, lab } = options;
  const found = await readRecord(env, lab);
  if (found) return refreshed(found, base, options);
  // One at a time over all labs: two must not choose the same network.
  const lock = { folder: lockFolder(env, '.all'), purpose: `making the lab ${lab}`, ...options };
  return alone(lock, async () => {
    const network = await claimSubnet(options);
    const gateway = gatewayAddress(network);
    const folder = join(labsFolder(env), lab);
    checkPath(folder);
    checkPath(base);
    const record: LabRecord = {
      version: 1,
      lab,
      folder,
      base,
      cidr: formatNetwork(network),
      gateway,
      bridge: `kwl-${hexAddress(gateway)}`,
      cgroup: `${CGROUP_PARENT}/${lab}-${hexAddress(gateway)}`,
      addedControllers: [],
      kernelSettings: await originalKernelSettings(env),
      user: 'root',
      port: 22,
      identityFile: join(folder, 'id_ed25519'),
      knownHostsFile: join(folder, 'known_hosts'),
      defaults: await labDefaults(),
      hosts: [],
    };
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await rm(record.identityFile, { force: true });
    const comment = `kubewright lab ${lab}`;
    await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', record.identityFile]);
    await writeRecord(record);
    return record;
  });
}

/** A lab that is there already has seen them first; its kubelets may have changed them since. */
async function originalKernelSettings(env: LabUpOptions['env']): Promise<Record<string, string>> {
  for (const lab of await labNames(env)) {
    const record = await readRecord(env, lab);
    if (record) return record.kernelSettings;
  }
  return readKernelSettings();
}

/** The machine may have changed under an old lab (swap, cgroup version): its defaults follow. */
async function refreshed(record: LabRecord, base: string, options: LabUpOptions): Promise<LabRecord> {
  if (options.cidr && options.cidr !== record.cidr) {
    throw new KubewrightError({
      code: 'LabSubnetInvalid',
      message: `The lab "${record.lab}" has the network ${record.cidr} and keeps it.`,
      hint: `\`kubewright lab down --lab ${record.lab}\` first, or use another lab.`,
      exit: 'invalidInput',
    });
  }
  // A host keeps the base that its overlay was made over; a lab without hosts takes the newest.
  return {
    ...record,
    base: record.hosts.length > 0 ? record.base : base,
    defaults: await labDefaults(),
  };
}

/** Adds the hosts that are not there yet. Answers those. */
export function addHosts(
  record: LabRecord,
  names: readonly string[],
  binds: readonly string[],
): HostRecord[] {
  const network = parseNetwork(record.cidr);
  const added: HostRecord[] = [];
  for (const name of new Set(names)) {
    const known = record.hosts.find((host) => host.name === name);
    if (known) {
      checkBinds(record, known, binds);
      continue;
    }
    const address =
      network &&
      chooseAddress(
        network,
        record.hosts.map((host) => host.address),
      );
    if (!address) throw full(record);
    const host = { name, address, machine: `kwl-${hexAddress(address)}`, binds: [...binds] };
    record.hosts.push(host);
    added.push(host);
  }
  return added;
}

function checkBinds(record: LabRecord, host: HostRecord, binds: readonly string[]): void {
  if (binds.length === 0 || binds.join() === host.binds.join()) return;
  throw new KubewrightError({
    code: 'LabBindsFixed',
    message: `The lab host "${host.name}" exists with other bound folders: ${host.binds.join(', ') || 'none'}.`,
    hint: `\`kubewright lab down --lab ${record.lab}\` first, or take another host name.`,
    exit: 'invalidInput',
  });
}

function full(record: LabRecord): KubewrightError {
  return new KubewrightError({
    code: 'LabFull',
    message: `The network of the lab "${record.lab}", ${record.cidr}, has no free address left.`,
    hint: 'Use a second lab: `--lab NAME`.',
    exit: 'lab',
  });
}

/** The mount options of an overlay are a list with commas and colons in it. */
function checkPath(path: string): void {
  if (!/[,:\\\s]/.test(path)) return;
  throw new KubewrightError({
    code: 'LabFolderUnusable',
    message: `A lab cannot lie in ${path}: blanks, commas, colons and backslashes do not go into mount options.`,
    hint: 'Set XDG_STATE_HOME (labs) and XDG_CACHE_HOME (their base system) to other folders.',
    exit: 'invalidInput',
  });
}
