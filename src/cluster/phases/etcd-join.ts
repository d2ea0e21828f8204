import type { Phase } from '../../engine/phase.ts';
import { done, type Step, type Verdict } from '../../engine/step.ts';
import type { JoinControlPlaneContext } from '../context.ts';
import { type Announcement, announce, announcement } from '../etcd/announce.ts';
import type { EtcdClient } from '../etcd/client.ts';
import { ownMember } from '../etcd/members.ts';
import type { EtcdWait } from '../etcd/persist.ts';
import { promote } from '../etcd/promote.ts';
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
  steps: (context) => [
    turnStep(context),
    memberStep(context),
    etcdManifestStep(context),
    promoteStep(context),
  ],
};

function turnStep(context: JoinControlPlaneContext): Step {
  return memberCheck('turn', context, ({ what, votes }) => {
    if (what === 'none' && votes) return done;
    return { status: 'wait', for: 'its turn to join etcd', wait: () => context.turn.take() };
  });
}

function memberStep(context: JoinControlPlaneContext): Step {
  const { node } = context;
  return memberCheck('member', context, ({ etcd, what }) =>
    what === 'none'
      ? done
      : membership(summaries[what](node.name), (signal) => announce(etcd, node, what, wait(context, signal))),
  );
}

const summaries: Record<Exclude<Announcement, 'none'>, (name: string) => string> = {
  add: (name) => `add ${name} to etcd as a learner`,
  replace: (name) => `replace the member ${name} of etcd, whose data is gone, by a learner`,
};

function promoteStep(context: JoinControlPlaneContext): Step {
  const { node, turn } = context;
  return memberCheck('promoted', context, ({ etcd, votes }) =>
    votes
      ? done
      : membership(`make ${node.name} a member of etcd that votes`, async (signal) => {
          await promote(etcd, node, wait(context, signal));
          turn.release();
        }),
  );
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
  decide: (standing: Standing) => Verdict,
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

function membership(summary: string, run: (signal: AbortSignal) => Promise<void>): Verdict {
  return {
    status: 'change',
    summary: [summary],
    change: { kind: 'action', permanent: 'reset takes the member out of etcd itself', run },
  };
}

function wait({ host, node, reporter, waitMs }: JoinControlPlaneContext, signal: AbortSignal): EtcdWait {
  const about = { type: 'waiting' as const, id: `${host.name} etcd`, host: host.name };
  const onSeen = (seen: string) => reporter.emit({ ...about, for: `etcd to take ${node.name} in`, seen });
  return { timeoutMs: waitMs('etcdAPICall'), signal, onSeen };
}
