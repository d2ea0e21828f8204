import { KubewrightError } from '../../base/errors.ts';
import type { Phase } from '../../engine/phase.ts';
import { done, type Step, type Verdict } from '../../engine/step.ts';
import type { JoinControlPlaneContext } from '../context.ts';
import { type Announcement, announce, announcement, takeSeat } from '../etcd/announce.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { dataLost, saysDataLost } from '../etcd/lost-data.ts';
import { ownMember, sickMembers } from '../etcd/members.ts';
import { persist } from '../etcd/persist.ts';
import { promote } from '../etcd/promote.ts';
import type { NodeSpec } from '../spec/types.ts';
import { etcdClientSteps } from '../steps/etcd-client.ts';
import { etcdManifestStep, hasData, walQuery } from './etcd-manifest.ts';

/**
 * The host becomes a member of the cluster's etcd: added as a learner, started, promoted when it is in sync; one host
 * at a time, whatever else is under way (kubeadm: etcd-join). After the kubelet has started, so that little time lies
 * between announcement and start. What a killed run left is found in etcd's own list of members.
 */
export const etcdJoin: Phase<JoinControlPlaneContext> = {
  name: 'etcd-join',
  title: 'Join etcd',
  after: ['certs', 'kubelet-start'],
  steps: (context) =>
    context.spec.etcd.external
      ? etcdClientSteps(context)
      : [turnStep(context), memberStep(context), etcdManifestStep(context), promoteStep(context)],
};

function turnStep(context: JoinControlPlaneContext): Step {
  const { node, turn } = context;
  return memberCheck('turn', context, ({ etcd, what, votes }) => {
    if (votes && what === 'none') return done;
    return {
      status: 'wait',
      for: 'its turn to join etcd',
      wait: async (signal) => {
        // A learner that is listed is what the others wait for, with their turn in hand.
        if (what !== 'none') return turn.take();
        await takeSeat(etcd, node, wait(context, signal));
      },
    };
  });
}

function memberStep(context: JoinControlPlaneContext): Step {
  const { node } = context;
  return memberCheck('member', context, ({ etcd, what }) =>
    what === 'none'
      ? done
      : membership(node.name, summaries[what](node.name), (signal) =>
          announce(etcd, node, what, wait(context, signal)),
        ),
  );
}

const summaries: Record<Exclude<Announcement, 'none'>, (name: string) => string> = {
  add: (name) => `add ${name} to etcd as a learner`,
  replace: (name) => `replace the member ${name} of etcd, whose data is gone, by a learner`,
};

function promoteStep(context: JoinControlPlaneContext): Step {
  const { node, turn, seat } = context;
  return memberCheck('promoted', context, async ({ etcd, votes }) => {
    if (!votes) {
      return membership(node.name, `make ${node.name} a member of etcd that votes`, async (signal) => {
        await promote(etcd, node, wait(context, signal));
        await seat.release();
        turn.release();
      });
    }
    if ((await ownTrouble(etcd, node)) === undefined) return done;
    return {
      status: 'wait',
      for: `the etcd of ${node.name} to be well`,
      wait: (signal) => untilWell(context, etcd, signal),
    };
  });
}

/** A member that is listed and does not come up may have lost what it had: then it never does. */
async function untilWell(context: JoinControlPlaneContext, etcd: EtcdClient, signal: AbortSignal) {
  const { host, node } = context;
  try {
    await persist(wait(context, signal), () => ownTrouble(etcd, node));
  } catch (error) {
    if (!(await saysDataLost(host))) throw error;
    throw dataLost(host, 'it has less than the others know that it had, so that it does not run.');
  }
}

async function ownTrouble(etcd: EtcdClient, node: NodeSpec): Promise<KubewrightError | undefined> {
  const own = ownMember(await etcd.members(), node);
  const sick = own ? await sickMembers(etcd, [own]) : [];
  if (sick.length === 0) return undefined;
  return new KubewrightError({
    code: 'EtcdUnhealthy',
    message: `The etcd of ${node.name} is not well: ${sick.join('; ')}.`,
    host: node.name,
    hint: `On the host: ls /var/log/pods says why. If its data is lost or damaged, kubewright reset ${node.name} takes the member out, and kubewright join ${node.name} --control-plane brings it in again.`,
    exit: 'timeout',
  });
}

interface Standing {
  etcd: EtcdClient;
  what: Announcement;
  /** The host is a member, and no learner. */
  votes: boolean;
}

/** A step that is decided by etcd's own list of members, and by whether etcd ran on this host before. */
function memberCheck(
  name: string,
  context: JoinControlPlaneContext,
  decide: (standing: Standing) => Verdict | Promise<Verdict>,
): Step {
  const { etcd, node } = context;
  return {
    name,
    look: [walQuery(context)],
    check: async (seen) => {
      if (!etcd) return { status: 'deferred', on: 'the first control plane', why: 'there is no etcd yet' };
      const members = await etcd.members();
      const votes = ownMember(members, node)?.learner === false;
      return decide({ etcd, votes, what: announcement(members, node, await hasData(context, seen)) });
    },
  };
}

function membership(node: string, summary: string, run: (signal: AbortSignal) => Promise<void>): Verdict {
  return {
    status: 'change',
    summary: [summary],
    change: { kind: 'action', permanent: 'reset takes the member out of etcd itself', run },
    announce: [{ kind: 'member', action: 'apply', target: `etcd member ${node}`, after: summary }],
  };
}

function wait({ host, node, reporter, seat, waitMs }: JoinControlPlaneContext, signal: AbortSignal) {
  const about = { type: 'waiting' as const, id: `${host.name} etcd`, host: host.name };
  const onSeen = (seen: string) => reporter.emit({ ...about, for: `etcd to take ${node.name} in`, seen });
  const onOrphan = (text: string) =>
    reporter.emit({ type: 'message', level: 'warning', host: host.name, text });
  return { timeoutMs: waitMs('etcdAPICall'), signal, seat, onSeen, onOrphan };
}
