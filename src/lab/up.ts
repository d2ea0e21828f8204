import { mkdir } from 'node:fs/promises';
import { mapLimit } from '../base/concurrency.ts';
import { KubewrightError } from '../base/errors.ts';
import type { Reporter } from '../output/events.ts';
import { ensureBase } from './base-system.ts';
import { cgroupLayout } from './cgroups.ts';
import { addHosts, openLab } from './create.ts';
import { writeHostsFiles } from './hosts-file.ts';
import { raiseKernelLimits } from './kernel-settings.ts';
import { alone } from './lock.ts';
import { cut, start, waitUntilUp } from './machine.ts';
import { checkHostName, checkLabName } from './names.ts';
import { ensureBridge } from './network.ts';
import { ensurePackages, LAB_PACKAGES } from './packages.ts';
import { isAlive } from './processes.ts';
import { type LabRecord, lockFolder, readRecord, writeAtomically, writeRecord } from './record.ts';
import { requireRoom } from './resources.ts';
import { knownHostsLine, prepareRoot } from './root.ts';
import { requireRoot } from './root-user.ts';
import { type LabStatus, labStatus } from './status.ts';

export interface LabUpOptions {
  lab: string;
  /** Hosts to add; none: only heal those that there are. */
  names: readonly string[];
  /** This network and no other, /16 to /29. */
  cidr?: string;
  /** A free /24 of this one; default $KUBEWRIGHT_LAB_RANGE, then 10.77.0.0/16. */
  range?: string;
  /** Folders bound read-only into the hosts that are added: `PATH` or `SOURCE:TARGET`. */
  bindReadOnly?: readonly string[];
  env: Record<string, string | undefined>;
  reporter: Reporter;
}

const PARALLEL_BOOTS = 4;

/**
 * Makes and heals: afterwards every host of the lab runs and its sshd answers. Needs root.
 * @throws KubewrightError RootNeeded, PackagesMissing, LabNameInvalid, LabSubnetTaken, LabDiskLow, LabHostDown …
 */
export async function labUp(options: LabUpOptions): Promise<LabStatus> {
  const { lab, names, env, reporter } = options;
  requireRoot();
  checkLabName(lab);
  for (const name of names) checkHostName(name);
  if (names.length === 0 && !(await readRecord(env, lab))) throw nothingToBoot(lab);
  await ensurePackages(LAB_PACKAGES, { reporter, env, purpose: 'the lab' });
  const base = await ensureBase({ env, reporter });
  const lock = { folder: lockFolder(env, lab), purpose: `booting the lab ${lab}`, env, reporter };
  return alone(lock, async () => {
    const record = await openLab(base, options);
    const binds = (options.bindReadOnly ?? []).map((bind) => (bind.includes(':') ? bind : `${bind}:${bind}`));
    const added = addHosts(record, names, binds);
    await requireRoom(record.folder, added.length);
    await writeRecord(record);
    await raiseKernelLimits();
    await ensureBridge(record);
    await prepareHosts(record);
    await bootAll(record, reporter);
    return labStatus(record);
  });
}

async function prepareHosts(record: LabRecord): Promise<void> {
  await mkdir(record.folder, { recursive: true, mode: 0o700 });
  await mapLimit(record.hosts, PARALLEL_BOOTS, (host) => prepareRoot(record, host));
  await writeHostsFiles(record);
  const lines = await Promise.all(record.hosts.map((host) => knownHostsLine(record, host)));
  await writeAtomically(record.knownHostsFile, lines.join(''), 0o600);
}

/** Starts what does not run. What a dead host left (children, cgroups) goes first. */
async function bootAll(record: LabRecord, reporter: Reporter): Promise<void> {
  const layout = await cgroupLayout();
  const alive = await Promise.all(record.hosts.map((host) => isAlive(host.process)));
  const down = record.hosts.filter((_, index) => !alive[index]);
  const progress = { type: 'progress', id: `lab:${record.lab}`, label: `Booting lab ${record.lab}` } as const;
  let done = 0;
  const tell = (): void =>
    reporter.emit({ ...progress, done, total: down.length, unit: 'items', finished: done === down.length });
  if (down.length > 0) tell();
  await mapLimit(down, PARALLEL_BOOTS, async (host) => {
    await cut(layout, record, host);
    await start(layout, record, host);
  });
  // Once, when all have started: a run that is killed before it leaves hosts that the next one finds by their cgroups.
  await writeRecord(record);
  await mapLimit(record.hosts, record.hosts.length, async (host) => {
    await waitUntilUp(record, host);
    if (!down.includes(host)) return;
    done++;
    tell();
  });
}

function nothingToBoot(lab: string): KubewrightError {
  return new KubewrightError({
    code: 'LabUnknown',
    message: `There is no lab "${lab}" to bring up again, and no host was named.`,
    hint: `Name hosts: \`kubewright lab up cp1 w1${lab === 'default' ? '' : ` --lab ${lab}`}\`.`,
    exit: 'usage',
  });
}
