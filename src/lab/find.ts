import { KubewrightError } from '../base/errors.ts';
import type { LabHost } from './port.ts';
import { DEFAULT_LAB, type HostRecord, type LabRecord, readRecord } from './record.ts';

type Environment = Record<string, string | undefined>;

/** The lab that is meant: by name, else $KUBEWRIGHT_LAB, else `default`. */
export function labName(env: Environment, lab?: string): string {
  return lab ?? (env.KUBEWRIGHT_LAB || DEFAULT_LAB);
}

/**
 * The lab host of that name, or undefined where the lab or the host does not exist. Reads one small file.
 * @throws KubewrightError LabRecordUnreadable
 */
export async function findLabHost(
  name: string,
  env: Environment,
  lab?: string,
): Promise<LabHost | undefined> {
  const record = await readRecord(env, labName(env, lab));
  const host = record?.hosts.find((candidate) => candidate.name === name);
  return record && host && toLabHost(record, host);
}

/** The same where it has to be there. @throws KubewrightError LabHostUnknown */
export async function requireLabHost(name: string, env: Environment, lab?: string): Promise<LabHost> {
  const found = await findLabHost(name, env, lab);
  if (found) return found;
  const where = labName(env, lab);
  throw new KubewrightError({
    code: 'LabHostUnknown',
    message: `There is no host "${name}" in the lab "${where}".`,
    hint: `\`kubewright lab list\` shows what there is; \`kubewright lab up --lab ${where} ${name}\` makes it.`,
    exit: 'invalidInput',
  });
}

function toLabHost(record: LabRecord, host: HostRecord): LabHost {
  const { lab, port, user, identityFile, knownHostsFile, defaults } = record;
  return { name: host.name, lab, address: host.address, port, user, identityFile, knownHostsFile, defaults };
}
