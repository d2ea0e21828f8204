import { changeOf } from '../../engine/changes.ts';
import type { Phase } from '../../engine/phase.ts';
import type { Seen } from '../../engine/seen.ts';
import { done, type OperationDraft, type Step } from '../../engine/step.ts';
import type { ControlPlaneContext } from '../context.ts';
import { type Need, needPaths } from '../pki/review.ts';
import { PKI_DIR } from '../pki/table.ts';

/** Authorities, certificates and the service-account key pair; what is valid stays (kubeadm: certs). */
export const certs: Phase<ControlPlaneContext> = {
  name: 'certs',
  title: 'Issue certificates',
  after: ['record'],
  steps: (context) => [pkiStep('pki', context, (path) => path.startsWith(`${PKI_DIR}/`))],
};

/** The kubeconfigs of the components and the administrators, and the kubelet's own certificate. */
export const kubeconfig: Phase<ControlPlaneContext> = {
  name: 'kubeconfig',
  title: 'Write kubeconfigs',
  after: ['certs'],
  steps: (context) => [pkiStep('kubeconfigs', context, (path) => !path.startsWith(`${PKI_DIR}/`))],
};

function pkiStep(name: string, { pki }: ControlPlaneContext, mine: (path: string) => boolean): Step {
  return {
    name,
    look: pki.look,
    check: (seen) => {
      const needs = pki.review(seen).needs.filter((need) => needPaths(need).some(mine));
      const loose = pki.looseModes(seen).filter(({ path }) => mine(path));
      if (needs.length === 0 && loose.length === 0) return done;
      const issue = needs.flatMap((need) =>
        needPaths(need).map((path) => `issue ${path} (${need.why})${subjectOf(need)}`),
      );
      const modes = loose.map(({ path, mode }) => `chmod ${mode.toString(8).padStart(4, '0')} ${path}`);
      return {
        status: 'change',
        summary: [...issue, ...modes],
        change: { kind: 'operations', operations: () => operations(pki, seen, mine, loose) },
        announce: [
          ...needs.flatMap((need) => pki.announce(need)).filter(({ target }) => mine(target)),
          ...loose.flatMap((file) => changeOf(chmod(file)) ?? []),
        ],
      };
    },
  };
}

/** Who it will be for, where it is a certificate for somebody. */
function subjectOf(need: Need): string {
  if (need.kind === 'service-account' || (need.kind === 'kubeconfig' && !need.certificate)) return '';
  if (need.kind === 'ca') return `, CN=${need.spec.commonName}`;
  const { organizations, commonName } = need.spec;
  return `, ${[...organizations.map((name) => `O=${name}`), `CN=${commonName}`].join(', ')}`;
}

async function operations(
  pki: ControlPlaneContext['pki'],
  seen: Seen,
  mine: (path: string) => boolean,
  loose: { path: string; mode: number }[],
): Promise<OperationDraft[]> {
  const plan = await pki.issue(seen);
  const written = plan.write.filter(({ path }) => mine(path));
  return [
    ...written.map(({ path, mode, content, secret }) => ({
      kind: 'write' as const,
      path,
      mode,
      content,
      secret,
    })),
    ...plan.links
      .filter(({ path }) => mine(path))
      .map(({ path, target }) => ({
        kind: 'run' as const,
        argv: ['ln', '-sfn', target, path],
        undo: ['rm', '-f', path],
      })),
    ...loose.filter(({ path }) => !written.some((file) => file.path === path)).map(chmod),
  ];
}

function chmod({ path, mode }: { path: string; mode: number }): OperationDraft {
  return { kind: 'run', argv: ['chmod', mode.toString(8), path] };
}
