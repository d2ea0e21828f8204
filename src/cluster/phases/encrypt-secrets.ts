import { KubewrightError } from '../../base/errors.ts';
import type { Phase } from '../../engine/phase.ts';
import type { Seen } from '../../engine/seen.ts';
import { done, type Step, type Verdict } from '../../engine/step.ts';
import type { ControlPlaneContext } from '../context.ts';
import { ENCRYPTION_CONFIG, writingKey } from '../encryption/config.ts';
import { configLoaded } from '../encryption/loaded.ts';
import { readMarker, writeMarker } from '../encryption/marker.ts';
import { rewriteSecrets } from '../encryption/rewrite.ts';
import { encryptionLook, foundConfig, readsConfig, reviewHost } from '../encryption/state.ts';
import { isUnreachable } from '../steps/objects.ts';

/**
 * Every Secret stored with the key that comes first now. The cluster's record says with which they were written last, so
 * that this is done once. Where etcd was empty when the run began, all of them have it already.
 */
export const encryptSecrets: Phase<ControlPlaneContext> = {
  name: 'encrypt-secrets',
  title: 'Store the Secrets with the key of the cluster',
  after: ['upload-config', 'security'],
  steps: (context) => [secretsStep(context)],
};

function secretsStep(context: ControlPlaneContext): Step {
  return {
    name: 'secrets',
    look: [...encryptionLook(context.spec), { kind: 'list', path: context.spec.etcd.dataDir }],
    check: async (seen) => {
      if (!readsConfig(context, seen)) return done;
      const review = reviewHost(context, seen);
      if (review.why) return verdict(context, seen);
      try {
        const marker = await readMarker(await context.api());
        return marker === writingKey(foundConfig(context, seen) ?? '') ? done : verdict(context, seen);
      } catch (error) {
        if (!isUnreachable(error)) throw error;
        const why = 'how Secrets are stored is not known yet';
        return { status: 'deferred', on: 'the API server', why, cause: error };
      }
    },
  };
}

function verdict(context: ControlPlaneContext, seen: Seen): Verdict {
  const { dataDir, external } = context.spec.etcd;
  // What one outside holds from before, nobody here knows.
  const fresh = external === undefined && seen.list(dataDir).length === 0;
  return {
    status: 'change',
    summary: [
      fresh
        ? 'record the key that Secrets are stored with'
        : 'store every Secret anew, with the key that comes first',
    ],
    change: {
      kind: 'action',
      permanent: 'lives in etcd and goes with it',
      run: (signal) => store(context, fresh, signal),
    },
    announce: [{ kind: 'object', action: 'apply', target: fresh ? 'the note of their key' : 'every Secret' }],
  };
}

async function store(context: ControlPlaneContext, fresh: boolean, signal: AbortSignal): Promise<void> {
  const { host } = context;
  const [{ content }] = await host.inspect([{ kind: 'file', path: ENCRYPTION_CONFIG, content: true }]);
  if (!content) throw new Error(`${ENCRYPTION_CONFIG} is not there, which the phase security has written`);
  const api = await context.api();
  if (!fresh) {
    const timeoutMs = context.waitMs('controlPlaneComponentHealthCheck');
    if (!(await configLoaded(api, content, { timeoutMs, signal }))) throw notLoaded(host.name, timeoutMs);
    await rewriteSecrets(api, signal);
  }
  await writeMarker(api, writingKey(content), signal);
}

function notLoaded(host: string, timeoutMs: number): KubewrightError {
  return new KubewrightError({
    code: 'EncryptionConfigNotLoaded',
    message: `The API server of ${host} does not work with ${ENCRYPTION_CONFIG} within ${Math.round(timeoutMs / 1000)} s; no Secret was stored anew.`,
    host,
    hint: 'kubewright logs -n kube-system of its pod says whether it refuses the file; the same command again takes up here.',
    exit: 'timeout',
  });
}
