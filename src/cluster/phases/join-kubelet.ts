import { KubewrightError } from '../../base/errors.ts';
import { poll } from '../../base/wait.ts';
import { changeOf } from '../../engine/changes.ts';
import type { Phase } from '../../engine/phase.ts';
import type { Seen } from '../../engine/seen.ts';
import { done, type OperationDraft, type Step } from '../../engine/step.ts';
import type { FileState, RunResult } from '../../host/port.ts';
import type { JoinContext } from '../context.ts';
import { readCertificate } from '../pki/inspect.ts';
import { bootstrapKubeconfig } from '../pki/kubeconfig.ts';
import { certPath, KUBELET_CLIENT_CURRENT } from '../pki/table.ts';
import { endpointUrl } from '../spec/node.ts';
import { fileStep } from '../steps/file.ts';
import { kubeletStart, startStep } from './kubelet.ts';
import { kubeletEvidence, kubeletWatch } from './kubelet-evidence.ts';

const BOOTSTRAP_CONF = '/etc/kubernetes/bootstrap-kubelet.conf';
const KUBELET_CONF = '/etc/kubernetes/kubelet.conf';
/** Of the file that holds both, the key stays where it is. */
const readCertificates = [
  'sed',
  '-n',
  '/-BEGIN CERTIFICATE-/,/-END CERTIFICATE-/p',
  KUBELET_CLIENT_CURRENT,
] as const;
const credentials = [
  { kind: 'file', path: KUBELET_CONF },
  { kind: 'run', argv: readCertificates },
] as const;

/**
 * The kubelet's TLS bootstrap: a short-lived token on the host, a certificate signed for the kubelet's own key, and
 * the token is gone again, from the host and from the cluster (kubeadm: kubelet-start, kubelet-wait-bootstrap).
 */
export const workerKubelet: Phase<JoinContext> = {
  name: 'kubelet-start',
  title: 'Bootstrap the kubelet',
  after: ['kubelet-install', 'kubelet-serving', 'balancer'],
  steps: (context) => {
    const held: TokenHolder = { current: undefined };
    return [
      context.ca === ''
        ? laterStep
        : fileStep('ca', { path: certPath('ca'), mode: 0o644, content: context.ca }),
      bootstrapStep(context, held),
      startStep(context, [BOOTSTRAP_CONF]),
      waitStep(context),
      cleanUpStep(context, held),
    ];
  },
  residue: kubeletStart.residue!,
};

/** In the plan of a cluster that is to be made. */
const laterStep: Step = {
  name: 'ca',
  check: () => ({
    status: 'deferred',
    on: 'the first control plane',
    why: "the cluster's CA is not there yet",
    targets: [certPath('ca')],
  }),
};

/** Filled when the bootstrap kubeconfig is written; at most one token a run. */
interface TokenHolder {
  current: string | undefined;
}

/**
 * Why the kubelet has to bootstrap (again): by what it goes itself (pkg/kubelet/certificate/bootstrap,
 * isClientConfigStillValid), which without a bootstrap kubeconfig ends instead.
 */
function credentialsFault(conf: FileState, certificates: RunResult, now: Date): string | undefined {
  if (conf.type === 'absent') return `${KUBELET_CONF} is not there`;
  const certificate = readCertificate(certificates.stdout);
  if (!certificate) return `${KUBELET_CLIENT_CURRENT} cannot be read`;
  return new Date(certificate.validTo) <= now
    ? `the kubelet's certificate expired on ${certificate.validTo}`
    : undefined;
}

function faultSeen({ facts }: JoinContext, seen: Seen): string | undefined {
  return credentialsFault(seen.file(KUBELET_CONF), seen.run(readCertificates), new Date(facts.clock.host));
}

/** A kubelet takes an expired certificate for none, and ends over one that cannot be read. */
function isDamaged(seen: Seen): boolean {
  const { exit, stdout } = seen.run(readCertificates);
  return exit === 0 && !readCertificate(stdout);
}

const unlink: OperationDraft = { kind: 'run', argv: ['rm', '-f', KUBELET_CLIENT_CURRENT] };

function bootstrapStep(context: JoinContext, held: TokenHolder): Step {
  const { spec, node, ca, token } = context;
  return {
    name: 'token',
    look: credentials,
    check: (seen) => {
      const why = faultSeen(context, seen);
      if (!why) return done;
      return {
        status: 'change',
        summary: [`write ${BOOTSTRAP_CONF} (0600) with ${token.label}: ${why}`],
        change: {
          kind: 'operations',
          operations: async () => {
            held.current = await token.issue(node.name);
            const server = endpointUrl(spec);
            const content = bootstrapKubeconfig({ clusterName: spec.name, server, ca, token: held.current });
            const write = {
              kind: 'write' as const,
              path: BOOTSTRAP_CONF,
              mode: 0o600,
              content,
              secret: true,
            };
            return isDamaged(seen) ? [unlink, write] : [write];
          },
        },
        announce: [
          ...(isDamaged(seen) ? [changeOf(unlink)!] : []),
          {
            kind: 'file',
            action: 'write',
            target: BOOTSTRAP_CONF,
            mode: { after: '0600' },
            secret: true,
            generated: { what: `a kubeconfig with ${token.label}; removed again in the same run` },
          },
        ],
      };
    },
  };
}

function waitStep(context: JoinContext): Step {
  const { host, waitMs, facts } = context;
  const what = 'the kubelet to be given its certificate';
  const timeoutMs = waitMs('tlsBootstrap');
  const wait = async (signal: AbortSignal): Promise<void> => {
    const watch = kubeletWatch(host);
    const there = await poll({ intervalMs: 150, timeoutMs, signal }, async () => {
      await watch();
      const [conf, certificates] = await host.inspect(credentials);
      return credentialsFault(conf, certificates, new Date(facts.clock.host)) ? undefined : true;
    });
    if (there) return;
    throw new KubewrightError({
      code: 'BootstrapTimeout',
      message: `The kubelet of ${host.name} was not given a certificate within ${Math.round(timeoutMs / 1000)} s.`,
      host: host.name,
      step: 'kubelet-start/bootstrapped',
      evidence: await kubeletEvidence(host),
      hint: 'kubewright get certificatesigningrequests shows whether it asked; the same command again takes up here.',
      exit: 'timeout',
    });
  };
  const name = 'bootstrapped';
  return {
    name,
    look: credentials,
    check: (seen) => (faultSeen(context, seen) ? { status: 'wait', for: what, wait } : done),
  };
}

/** Also takes away what a killed run left: a token that is not needed any more is a risk. */
function cleanUpStep(context: JoinContext, held: TokenHolder): Step {
  const { token } = context;
  return {
    name: 'forget-token',
    look: [...credentials, { kind: 'file', path: BOOTSTRAP_CONF }],
    check: (seen) => {
      // Where it has none yet, the step before is about to write it.
      if (!faultSeen(context, seen) && seen.file(BOOTSTRAP_CONF).type === 'absent') return done;
      return {
        status: 'change',
        summary: [`remove ${BOOTSTRAP_CONF}, which holds ${token.label}`],
        change: {
          kind: 'operations',
          operations: async () => {
            if (held.current) await token.takeBack(held.current);
            return [{ kind: 'remove', path: BOOTSTRAP_CONF }];
          },
        },
        known: [{ kind: 'remove', path: BOOTSTRAP_CONF }],
      };
    },
  };
}
