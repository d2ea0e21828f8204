import type { PlannedChange } from '../../engine/changes.ts';
import type { Phase } from '../../engine/phase.ts';
import { done, type OperationDraft, type Step } from '../../engine/step.ts';
import type { ControlPlaneContext, JoinControlPlaneContext } from '../context.ts';
import { ENCRYPTION_CONFIG, ENCRYPTION_DIR } from '../encryption/config.ts';
import { encryptionLook, foundConfig, isForeign, isJoining, reviewHost } from '../encryption/state.ts';
import { AUDIT_LOG_DIR, securityFiles } from '../manifests/security-files.ts';
import { fileStep, stepName } from '../steps/file.ts';
import { tracesStep } from '../steps/traces.ts';

/** What the API server reads beside its arguments: who may ask without credentials, what is logged, how Secrets are stored. */
export const security: Phase<ControlPlaneContext> = {
  name: 'security',
  title: 'Write the policies of the API server',
  after: ['record'],
  steps: (context) => [
    ...securityFiles(context.spec).map((file) => fileStep(stepName(file.path), file)),
    ...(context.spec.security.audit.enabled ? [tracesStep('audit-log', logFolders)] : []),
    ...(isForeign(context.spec) ? [] : [encryptionStep(context)]),
  ],
  residue: { paths: [`${AUDIT_LOG_DIR}/*`] },
};

const logFolders = [
  { kind: 'folder' as const, path: '/var/log/kubernetes', mode: 0o755 },
  { kind: 'folder' as const, path: AUDIT_LOG_DIR, mode: 0o700, enforced: true },
];

function encryptionStep(context: ControlPlaneContext): Step {
  return {
    name: 'encryption-config',
    look: encryptionLook(context.spec),
    check: (seen) => {
      if (isPlanned(context)) {
        const why = 'it makes the keys of Secrets';
        return { status: 'deferred', on: 'the first control plane', why, targets: [ENCRYPTION_CONFIG] };
      }
      const review = reviewHost(context, seen);
      const { mode, type } = seen.file(ENCRYPTION_CONFIG, { content: true });
      // What is on its way here comes with the cluster's keys.
      if (!review.why && (mode === 0o600 || type === 'absent')) return done;
      const why = review.why ?? `mode ${mode.toString(8)}`;
      return {
        status: 'change',
        summary: [`write ${ENCRYPTION_CONFIG} (${why})`],
        // The key comes into being here, and is nowhere but in the file.
        change: { kind: 'operations', operations: () => write(review.text(), foundConfig(context, seen)) },
        announce: announced(why, foundConfig(context, seen) !== undefined),
      };
    },
  };
}

/** Joins a cluster that is not there yet: a plan, nothing else. */
function isPlanned(context: Partial<JoinControlPlaneContext>): boolean {
  return isJoining(context) && context.etcd === undefined;
}

function announced(why: string, there: boolean): PlannedChange[] {
  const folder: PlannedChange = { kind: 'folder', action: 'write', target: ENCRYPTION_DIR };
  const file: PlannedChange = {
    kind: 'file',
    action: 'write',
    target: ENCRYPTION_CONFIG,
    mode: { after: '0600' },
    secret: true,
    why,
    generated: { what: 'a new key for Secrets, before those that are there' },
  };
  return there ? [file] : [{ ...folder, mode: { after: '0700' } }, file];
}

function write(content: string, found: Buffer | undefined): OperationDraft[] {
  return [
    ...(found ? [] : [{ kind: 'mkdir' as const, path: ENCRYPTION_DIR, mode: 0o700 }]),
    { kind: 'write', path: ENCRYPTION_CONFIG, mode: 0o600, content, secret: true },
  ];
}
