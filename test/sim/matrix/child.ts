import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseFault } from '../../../src/host/fault.ts';
import { noPrompts } from '../../../src/host/ssh/prompts.ts';
import { standInBinaries, standInImages } from '../world/artifacts.ts';
import { type Reachable, startRun } from '../world/run.ts';
import { FLOWS } from './flows.ts';

/** A run in a process of its own, which can be killed: `child.ts FLOW HOME HOSTS`, HOSTS in JSON. */
const [name, home = '', hosts = '[]'] = process.argv.slice(2);
const flow = FLOWS.find((known) => known.name === name)!;
const places = JSON.parse(hosts) as { name: string; address: string; loopback: string; port: number }[];
const env = { HOME: home, USER: 'root' };
const world: Reachable = {
  hosts: new Map(places.map((place) => [place.name, place])),
  laptop: {
    options: () => ({
      configFiles: [],
      acceptNewHostKeys: false,
      prompts: noPrompts,
      env,
      connectTimeoutMs: 10_000,
    }),
  },
  binaries: standInBinaries(),
  images: await standInImages(mkdtempSync(join(tmpdir(), 'kubewright-images-'))),
};
const fault = parseFault(process.env.KUBEWRIGHT_FAULT, process.env.KUBEWRIGHT_FAULT_LIST);
{
  await using run = startRun(world, { fault });
  process.stdout.write(JSON.stringify(await flow.run(world, run.ports)));
}
