import { KubewrightError } from '../base/errors.ts';
import { silent } from '../output/events.ts';
import { cgroupLayout } from './cgroups.ts';
import { alone } from './lock.ts';
import { cut, start, waitUntilUp } from './machine.ts';
import { removeFolder } from './mounts.ts';
import { ensureBridge } from './network.ts';
import { isAlive } from './processes.ts';
import { hostFolder, lockFolder, readRecord, writeRecord } from './record.ts';
import { prepareRoot } from './root.ts';

/**
 * `cut`: every process of the host ends at once, its disk stays as it was at that moment. `boot`: the same disk again,
 * until sshd answers; nothing where it runs. `wipe`: a cut that takes the disk with it, so that the next `labUp` makes a
 * new machine of that name and address, with other keys and another machine-id.
 */
export async function power(
  lab: string,
  name: string,
  action: 'cut' | 'boot' | 'wipe',
  env: Record<string, string | undefined>,
): Promise<void> {
  const lock = { folder: lockFolder(env, lab), purpose: `power ${action} of ${name}`, env, reporter: silent };
  await alone(lock, async () => {
    const record = await readRecord(env, lab);
    const host = record?.hosts.find((candidate) => candidate.name === name);
    if (!record || !host) {
      throw new KubewrightError({
        code: 'LabHostUnknown',
        message: `There is no host "${name}" in the lab "${lab}".`,
        hint: '`kubewright lab list` shows what there is.',
        exit: 'invalidInput',
      });
    }
    const layout = await cgroupLayout();
    if (action !== 'boot') await cut(layout, record, host);
    if (action === 'wipe') await removeFolder(hostFolder(record, host));
    if (action !== 'boot') return;
    if (await isAlive(host.process)) return;
    await ensureBridge(record);
    await prepareRoot(record, host);
    await cut(layout, record, host);
    await start(layout, record, host);
    await writeRecord(record);
    await waitUntilUp(record, host);
  });
}
