import type { Phase } from '../../engine/phase.ts';
import type { Seen } from '../../engine/seen.ts';
import { done } from '../../engine/step.ts';
import type { JoinControlPlaneContext, NodeContext } from '../context.ts';
import { isJoining } from '../encryption/state.ts';
import { dataFindings, dataLook } from '../preflight/data.ts';
import { endpointFindings, endpointLook } from '../preflight/endpoint.ts';
import { ownTraces, ownTracesLook } from '../preflight/etcd-contents.ts';
import { externalEtcdFindings } from '../preflight/external-etcd.ts';
import { fetcherFindings } from '../preflight/fetcher.ts';
import { type Finding, isIgnored, preflightError, tell } from '../preflight/finding.ts';
import { fsyncFindings, fsyncLook } from '../preflight/fsync.ts';
import { machineFindings } from '../preflight/machine.ts';
import { type Pending, roomFindings } from '../preflight/room.ts';
import { isNode, surroundingFindings } from '../preflight/surroundings.ts';
import { binaryStep } from '../steps/binary.ts';
import { imageStep } from '../steps/images.ts';
import { passwordsStep } from '../steps/registries.ts';

/** Every check at once, each with its cure; nothing is changed before all of them pass or are accepted by name. */
export const preflight: Phase<NodeContext> = {
  name: 'preflight',
  title: 'Check the host',
  after: [],
  steps: (context) => [
    {
      name: 'checks',
      // Nearly nothing of its own: what the later phases look at anyway tells how much is still to be stored.
      look: [
        ...dataLook(context.spec, context.node),
        ...endpointLook(context.spec),
        ...fsyncLook(context.spec, context.node),
        ...ownTracesLook(context.spec),
        ...[...context.images.map(imageStep), ...context.binaries.map(binaryStep)].flatMap(
          ({ look }) => look ?? [],
        ),
      ],
      check: async (seen) => {
        await checkHost(context, await pendingBytes(context, seen), seen);
        return done;
      },
    },
    passwordsStep(context),
  ],
};

async function checkHost(context: NodeContext, pending: Pending, seen: Seen): Promise<void> {
  const { facts, spec, node, host, reporter } = context;
  const findings = [
    ...machineFindings(facts, node, spec),
    ...fetcherFindings(facts, context.binaries),
    ...roomFindings(facts, spec, node, pending),
    ...dataFindings(seen, spec, node),
    ...endpointFindings(seen, spec),
    ...surroundingFindings(facts, spec, node),
    ...fsyncFindings(seen, spec, node),
    ...(await externalEtcd(context, seen)),
  ];
  const open = findings.filter(
    (found) => found.level === 'error' && !isIgnored(found, node.ignorePreflightErrors),
  );
  if (open.length > 0) throw preflightError(host.name, open);
  tell(reporter, host.name, findings, context.told);
}

async function externalEtcd(context: NodeContext, seen: Seen): Promise<Finding[]> {
  const { spec, facts } = context;
  if (!context.externalEtcd) return [];
  return externalEtcdFindings({
    ...{ spec, externalEtcd: context.externalEtcd, now: new Date(facts.clock.host) },
    ...{ running: isNode(facts), joining: isJoining(context as Partial<JoinControlPlaneContext>) },
    ...ownTraces(seen),
  });
}

async function pendingBytes({ images, binaries }: NodeContext, seen: Seen): Promise<Pending> {
  let [imageBytes, binaryBytes, kept] = [0, 0, 0];
  for (const image of images) {
    if ((await imageStep(image).check(seen)).status !== 'change') continue;
    imageBytes += image.size;
    if (image.courier) kept += image.size;
  }
  for (const binary of binaries) {
    if ((await binaryStep(binary).check(seen)).status !== 'change') continue;
    binaryBytes += binary.artifact.size;
    if (binary.courier) kept += binary.artifact.size;
  }
  return { images: imageBytes, binaries: binaryBytes, kept };
}
