import { isAlive } from './processes.ts';
import { type LabRecord, labNames, readRecord } from './record.ts';

export interface LabHostStatus {
  name: string;
  address: string;
  state: 'up' | 'down';
}

export interface LabStatus {
  lab: string;
  cidr: string;
  bridge: string;
  hosts: LabHostStatus[];
}

/** Every lab of this user, by name. Asks the process table only, not the hosts. */
export async function labList(env: Record<string, string | undefined>): Promise<LabStatus[]> {
  const records = await Promise.all((await labNames(env)).map((lab) => readRecord(env, lab)));
  return Promise.all(records.filter((record) => record !== undefined).map(labStatus));
}

export async function labStatus(record: LabRecord): Promise<LabStatus> {
  const { lab, cidr, bridge } = record;
  const hosts = await Promise.all(
    record.hosts.map(async ({ name, address, process }): Promise<LabHostStatus> => {
      return { name, address, state: (await isAlive(process)) ? 'up' : 'down' };
    }),
  );
  return { lab, cidr, bridge, hosts };
}
