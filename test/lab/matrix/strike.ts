import { poll, sleep } from '../../../src/base/wait.ts';
import type { FaultKind } from '../../../src/host/fault.ts';
import type { Outcome } from '../support/run-cli.ts';
import type { Kill, Kind } from './draw.ts';
import type { LabFlow } from './flows.ts';
import type { Disks, Place } from './place.ts';

export interface Struck {
  outcome: Outcome;
  /** What was on the disks right after; undefined where the run had the place behind it and came to its end. */
  seen?: Disks;
}

/** Until what was written before the silence is with the host; the fault itself waits for 100 ms. */
const ON_ITS_WAY_MS = 200;

/** One run of the command, with this accident. */
export function strike(place: Place, flow: LabFlow, kill: Kill): Promise<Struck> {
  return how[kill.kind](place, flow, kill);
}

type How = (place: Place, flow: LabFlow, kill: Kill) => Promise<Struck>;

const how: Record<Kind, How> = {
  kill9: async (place, flow, kill) => {
    const outcome = await faulty(place, flow, kill, 'kill9');
    return outcome.signal === 'SIGKILL' ? { outcome, seen: await place.disks() } : { outcome };
  },
  power: async (place, flow, kill) => {
    const outcome = await faulty(place, flow, kill, 'kill9');
    if (outcome.signal !== 'SIGKILL') return { outcome };
    return { outcome, seen: await outage(place, flow) };
  },
  // It may go on by itself: then it has sent what it was cut at.
  cut: async (place, flow, kill) => {
    const outcome = await faulty(place, flow, kill, 'reset');
    const came = outcome.exit !== 0 || (await place.sent()).includes(kill.point);
    return came ? { outcome, seen: await place.disks() } : { outcome };
  },
  // Nothing gets through any more, and then the host is not there any more: no one tells the command.
  outage: async (place, flow, kill) => {
    let ended = false;
    const running = faulty(place, flow, kill, 'blackhole').finally(() => {
      ended = true;
    });
    const came = await poll({ intervalMs: 50, timeoutMs: place.patienceMs }, async () => {
      if ((await place.sent()).includes(kill.point)) return 'sent';
      return ended ? 'ended' : undefined;
    });
    if (came !== 'sent') return { outcome: await running };
    await sleep(ON_ITS_WAY_MS);
    const seen = await outage(place, flow);
    return { outcome: await running, seen };
  },
};

function faulty(place: Place, flow: LabFlow, { point, way }: Kill, kind: FaultKind): Promise<Outcome> {
  return place.run(flow.command, { env: { KUBEWRIGHT_FAULT: `${point}:${way}:${kind}` } });
}

async function outage(place: Place, { host }: LabFlow): Promise<Disks> {
  await place.power(host, 'cut');
  const seen = await place.disks();
  await place.power(host, 'boot');
  return seen;
}
