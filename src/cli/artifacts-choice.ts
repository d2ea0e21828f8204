import { KubewrightError } from '../base/errors.ts';
import { shownUrl } from '../base/shown-url.ts';
import { ARTIFACT_DELIVERIES, ARTIFACT_SOURCES, type ArtifactsSpec } from '../cluster/spec/sections.ts';
import type { ContextFlags } from './flags.ts';

/**
 * Where artifacts come from: flags, over KUBEWRIGHT_ARTIFACTS_SOURCE and KUBEWRIGHT_ARTIFACTS_MIRROR, over the
 * cluster's specification. The environment speaks for this machine (its network, its cache), not for the cluster.
 */
export function artifactsChoice(
  flags: Pick<ContextFlags, 'artifacts-source' | 'artifacts-mirror' | 'artifacts-delivery'>,
  env: Record<string, string | undefined>,
  spec: ArtifactsSpec = { source: 'auto', mirror: '', delivery: 'auto' },
): ArtifactsSpec {
  const source = flags['artifacts-source'] ?? (env.KUBEWRIGHT_ARTIFACTS_SOURCE || spec.source);
  const mirror = flags['artifacts-mirror'] ?? (env.KUBEWRIGHT_ARTIFACTS_MIRROR || spec.mirror);
  const known = ARTIFACT_SOURCES.find((name) => name === source);
  if (!known) throw invalid('KUBEWRIGHT_ARTIFACTS_SOURCE', source, `one of ${ARTIFACT_SOURCES.join(', ')}`);
  if (mirror && !/^https?:$/.test(URL.parse(mirror)?.protocol ?? '')) {
    throw invalid(
      '--artifacts-mirror or KUBEWRIGHT_ARTIFACTS_MIRROR',
      shownUrl(mirror),
      'an http or https address',
    );
  }
  const delivery = ARTIFACT_DELIVERIES.find((name) => name === flags['artifacts-delivery']) ?? spec.delivery;
  return { source: known, mirror, delivery };
}

function invalid(name: string, value: string, wanted: string): KubewrightError {
  return new KubewrightError({
    code: 'InvalidOption',
    message: `${name} is ${JSON.stringify(value)}, and has to be ${wanted}`,
    exit: 'invalidInput',
  });
}
