import { readdir, readFile } from 'node:fs/promises';
import { must, run } from '../../../src/lab/command.ts';
import { labNames, readRecord } from '../../../src/lab/record.ts';

const CGROUPS = '/sys/fs/cgroup';

/**
 * Links, addresses, routes, mounts and cgroup folders of this machine: what a lab makes here. Other labs may come
 * and go meanwhile (other tests, a demo); what is theirs is left out.
 */
export async function machineInventory(own: string): Promise<string[]> {
  const links = await must(['ip', '-o', 'link']);
  const addresses = await must(['ip', '-o', 'addr']);
  const routes = await must(['ip', 'route', 'show', 'table', 'all']);
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n');
  const lines = [
    ...links.split('\n').map((line) => `link ${line.split(':')[1]?.trim()}`),
    ...addresses.split('\n').map((line) => `address ${line.split(/\s+/).slice(1, 4).join(' ')}`),
    ...routes.split('\n').map((line) => `route ${line.trim()}`),
    ...mounts.map((line) => `mount ${line.split(' ').slice(3, 5).join(' ')}`),
    ...(await cgroupFolders()).map((folder) => `cgroup ${folder}`),
    ...(await run(['nft', '-s', 'list', 'ruleset'])).stdout.split('\n').map((line) => `nftables ${line}`),
  ];
  const foreign = await othersMarks(own);
  return lines.filter((line) => !foreign.some((mark) => line.includes(mark))).sort();
}

/** The first level of every hierarchy, and everything below what is called kubewright. */
async function cgroupFolders(): Promise<string[]> {
  const found: string[] = [];
  const visit = async (folder: string, depth: number): Promise<void> => {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = `${folder}/${entry.name}`;
      if (!entry.isDirectory()) continue;
      // The folder of all labs is there while any lab is.
      if (!path.endsWith('/kubewright-lab')) found.push(path);
      if (depth < 1 || path.includes('kubewright')) await visit(path, depth + 1);
    }
  };
  await visit(CGROUPS, 0);
  return found;
}

async function othersMarks(own: string): Promise<string[]> {
  const labs = (await labNames(process.env)).filter((lab) => lab !== own);
  const records = await Promise.all(labs.map((lab) => readRecord(process.env, lab)));
  return records.flatMap((record) =>
    record ? [record.bridge, record.folder, record.cgroup, ...record.hosts.map((host) => host.machine)] : [],
  );
}
