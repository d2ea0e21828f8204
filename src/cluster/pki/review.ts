import type { X509Certificate } from 'node:crypto';
import { KubewrightError } from '../../base/errors.ts';
import type { PkiContext } from './context.ts';
import { leafFault, matches, readCertificate, timeFault } from './inspect.ts';
import { canSign, publicPem, readPrivateKey } from './keys.ts';
import { kubeconfigFault, readKubeconfig } from './kubeconfig.ts';
import {
  KUBELET_SERVING_CERT,
  KUBELET_SERVING_KEY,
  KUBELET_SERVING_NAME,
  servingFault,
} from './kubelet-serving.ts';
import {
  authoritiesOf,
  type CaName,
  type CaSpec,
  certPath,
  KUBELET_CLIENT_CURRENT,
  type KubeconfigSpec,
  keyPath,
  kubeconfigPath,
  kubeconfigs,
  type LeafSpec,
  leaves,
  SA_KEY,
  SA_PUB,
} from './table.ts';

/** Contents of what is on the host, by path; what is absent there is absent here. */
export type ExistingFiles = ReadonlyMap<string, Buffer>;

/** What would have to be made, and why. Keys and certificates that stay are not in it. */
export interface PkiReview {
  needs: Need[];
  /** What only a person can decide; nothing may be issued while there is any. */
  problems: KubewrightError[];
}

/** Without `key` the key that is there gets its certificate: the one that kubeconfigs still hold, or a new one. */
interface CaNeed {
  kind: 'ca';
  spec: CaSpec;
  key: boolean;
  certificate?: string;
}

export type Need = { why: string } & (
  | CaNeed
  | { kind: 'leaf'; spec: LeafSpec }
  /** `certificate`: issue a new one; otherwise only the file is written anew, around the one that is there. */
  | { kind: 'kubeconfig'; spec: KubeconfigSpec; certificate: boolean }
  /** The kubelet's own certificate, in the file that it renews. */
  | { kind: 'kubelet'; spec: KubeconfigSpec }
  /** `sa.key` and `sa.pub`, or only the latter. */
  | { kind: 'service-account'; key: boolean }
);

/** The paths that a need is about, in the order in which they are written. */
export function needPaths(need: Need): string[] {
  switch (need.kind) {
    case 'ca':
      return need.key ? [keyPath(need.spec.name), certPath(need.spec.name)] : [certPath(need.spec.name)];
    case 'leaf':
      return [keyPath(need.spec.name), certPath(need.spec.name)];
    case 'kubeconfig':
      return [kubeconfigPath(need.spec.file)];
    case 'kubelet':
      return [KUBELET_CLIENT_CURRENT];
    case 'service-account':
      return need.key ? [SA_KEY, SA_PUB] : [SA_PUB];
  }
}

/** Decides from what is there, without issuing anything: cheap, and fit for a dry run. */
export function reviewPki(context: PkiContext, found: ExistingFiles): PkiReview {
  const problems: KubewrightError[] = [];
  const needs: Need[] = [];
  const authorities = new Map<CaName, X509Certificate>();
  const existing = new Map(found);
  const lost = reviewLostCa(context, found);
  if (lost instanceof KubewrightError) problems.push(lost);
  else if (lost) {
    needs.push(lost);
    existing.set(certPath('ca'), Buffer.from(lost.certificate!));
  }
  for (const spec of authoritiesOf(context)) {
    const result = reviewCa(spec, existing, context.now);
    if (result instanceof KubewrightError) problems.push(result);
    else if (result) authorities.set(spec.name, result);
    else needs.push({ kind: 'ca', spec, key: !existing.has(keyPath(spec.name)), why: 'missing' });
  }
  const sa = reviewServiceAccount(existing);
  if (sa instanceof KubewrightError) problems.push(sa);
  else if (sa) needs.push(sa);
  for (const spec of leaves(context)) {
    const [certificate, key] = [existing.get(certPath(spec.name)), existing.get(keyPath(spec.name))];
    const why = leafFault(spec, certificate, key, authorities.get(spec.ca), context.now);
    if (why) needs.push({ kind: 'leaf', spec, why });
  }
  needs.push(...reviewServing(context, existing, authorities.get('ca')));
  const ca = authorities.get('ca');
  for (const spec of kubeconfigs(context)) needs.push(...reviewKubeconfig(spec, existing, ca, context.now));
  return { needs, problems };
}

/** The cluster's CA stands in every kubeconfig too: what trusts it must not find another one in its place. */
function reviewLostCa(
  context: PkiContext,
  found: ExistingFiles,
): KubewrightError | (Need & CaNeed) | undefined {
  if (found.has(certPath('ca'))) return undefined;
  const holders = kubeconfigs(context).map(({ file }) => kubeconfigPath(file));
  for (const path of holders) {
    const text = found.get(path);
    const certificate = text && readKubeconfig(text)?.ca;
    const parsed = certificate && readCertificate(certificate);
    if (!certificate || !parsed) continue;
    const keyPem = found.get(keyPath('ca'));
    const key = keyPem && readPrivateKey(keyPem);
    const [spec] = authoritiesOf(context);
    if (key && matches(parsed, key))
      return { kind: 'ca', spec: spec!, key: false, certificate, why: `taken from ${path}` };
    return problem(
      'CaLost',
      `${certPath('ca')} is not there, and ${keyPath('ca')} is ${keyPem ? 'not its key' : 'not there either'}, but ${path} trusts a CA: this cluster has one.`,
      'Put both files back from a backup or from another control-plane host. A new CA would make every node and every client of the cluster a stranger.',
    );
  }
  return undefined;
}

/** Written like any other leaf, but renewed earlier. */
function reviewServing(
  { kubeletServing, now }: PkiContext,
  existing: ExistingFiles,
  ca: X509Certificate | undefined,
): Need[] {
  if (!kubeletServing) return [];
  const pair = { certificate: existing.get(KUBELET_SERVING_CERT), key: existing.get(KUBELET_SERVING_KEY) };
  const why = servingFault(kubeletServing, pair, ca, now);
  return why ? [{ kind: 'leaf', spec: { ...kubeletServing, name: KUBELET_SERVING_NAME }, why }] : [];
}

function reviewKubeconfig(
  spec: KubeconfigSpec,
  existing: ExistingFiles,
  ca: X509Certificate | undefined,
  now: Date,
): Need[] {
  const text = existing.get(kubeconfigPath(spec.file));
  const fault = kubeconfigFault(spec, text, ca ? existing.get(certPath('ca'))?.toString() : undefined);
  const kubelet = spec.credentials === 'kubelet';
  const content = text && readKubeconfig(text);
  const current = existing.get(KUBELET_CLIENT_CURRENT);
  const certificateFault = kubelet
    ? leafFault(spec, current, current, ca, now)
    : leafFault(spec, content?.certificate, content?.key, ca, now);
  if (!kubelet) {
    const why = fault ?? certificateFault;
    return why ? [{ kind: 'kubeconfig', spec, certificate: certificateFault !== undefined, why }] : [];
  }
  return [
    ...(certificateFault ? [{ kind: 'kubelet' as const, spec, why: certificateFault }] : []),
    ...(fault ? [{ kind: 'kubeconfig' as const, spec, certificate: false, why: fault }] : []),
  ];
}

function reviewCa(
  spec: CaSpec,
  existing: ExistingFiles,
  now: Date,
): X509Certificate | KubewrightError | undefined {
  const certificatePem = existing.get(certPath(spec.name));
  const keyPem = existing.get(keyPath(spec.name));
  if (!certificatePem && !keyPem) return undefined;
  if (!keyPem) {
    const [here, absent] = [certPath(spec.name), keyPath(spec.name)];
    return problem(
      'CaIncomplete',
      `${here} is there, but ${absent} is not.`,
      `Put ${absent} back from a backup or from another control-plane host; or, if no cluster was ever made with it, remove ${here}.`,
    );
  }
  const key = readPrivateKey(keyPem);
  // A run that was killed between the two files: the key is written first.
  if (!certificatePem && key && canSign(key)) return undefined;
  const certificate = certificatePem && readCertificate(certificatePem);
  const fault =
    (!certificate && `${certPath(spec.name)} is not a certificate`) ||
    (!key && `${keyPath(spec.name)} is not a private key that can be read`) ||
    (certificate && !certificate.ca && `${certPath(spec.name)} is not the certificate of a CA`) ||
    (certificate &&
      key &&
      !matches(certificate, key) &&
      `${keyPath(spec.name)} does not belong to ${certPath(spec.name)}`) ||
    (key &&
      !canSign(key) &&
      `${keyPath(spec.name)} is of a kind that cannot be used, ${key.asymmetricKeyType}`) ||
    (certificate &&
      timeFault(certificate, now) &&
      `${certPath(spec.name)} is ${timeFault(certificate, now)}`);
  if (!fault) return certificate;
  return problem(
    'CaUnusable',
    `${fault}.`,
    'A CA is never overwritten: every certificate of the cluster depends on it. Put the right pair back, or remove both files if no cluster was ever made with them.',
  );
}

function reviewServiceAccount(existing: ExistingFiles): Need | KubewrightError | undefined {
  const keyPem = existing.get(SA_KEY);
  const publicKey = existing.get(SA_PUB);
  if (!keyPem && !publicKey) return { kind: 'service-account', key: true, why: 'missing' };
  const key = keyPem && readPrivateKey(keyPem);
  if (!key) {
    return problem(
      'ServiceAccountKeyUnusable',
      keyPem
        ? `${SA_KEY} is not a private key that can be read.`
        : `${SA_PUB} is there, but ${SA_KEY} is not.`,
      `With another key every service account token of the cluster would be refused. Put ${SA_KEY} back, or remove both files if no cluster was ever made with them.`,
    );
  }
  if (!publicKey) return { kind: 'service-account', key: false, why: `${SA_PUB} is missing` };
  if (publicKey.toString().trim() === publicPem(key).trim()) return undefined;
  return { kind: 'service-account', key: false, why: `${SA_PUB} does not belong to ${SA_KEY}` };
}

function problem(code: string, message: string, hint: string): KubewrightError {
  return new KubewrightError({ code, message, hint, exit: 'preflight' });
}
