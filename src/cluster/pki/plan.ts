import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { KubewrightError } from '../../base/errors.ts';
import type { PkiContext } from './context.ts';
import { caCertHash } from './hash.ts';
import { type Authority, issueCa, issueLeaf } from './issue.ts';
import { generateKeyPair, type KeyPair, publicPem, readKeyPair, signingKey } from './keys.ts';
import { embedded, KUBELET_CREDENTIALS, kubeconfigText, readKubeconfig } from './kubeconfig.ts';
import { type ExistingFiles, type Need, reviewPki } from './review.ts';
import {
  authoritiesOf,
  type CaName,
  certPath,
  type Identity,
  KUBELET_CLIENT_CURRENT,
  KUBELET_PKI_DIR,
  keyPath,
  kubeconfigPath,
  SA_KEY,
  SA_PUB,
} from './table.ts';

export interface PkiFile {
  path: string;
  mode: number;
  content: string;
  secret: boolean;
  /** `missing`, `expired on …`. */
  why: string;
}

export interface PkiPlan {
  write: PkiFile[];
  /** Symbolic links to set once the files are there (`ln -sfn TARGET PATH`). */
  links: { path: string; target: string }[];
  /** Nothing is written where there are any. */
  problems: KubewrightError[];
  /** PEM of the cluster's CA, and `sha256:…` of its public key; empty where there are problems. */
  ca: string;
  caHash: string;
}

/**
 * The certificates, keys and kubeconfigs that a control-plane host lacks, issued. What is valid stays as it is, a CA
 * is never overwritten. `reviewPki` says the same without issuing.
 */
export async function planPki(context: PkiContext, existing: ExistingFiles): Promise<PkiPlan> {
  const { needs, problems } = reviewPki(context, existing);
  if (problems.length > 0) return { write: [], links: [], problems, ca: '', caHash: '' };
  const pairs = await generate(needs, context);
  const authorities = await allAuthorities(needs, pairs, context, existing);
  const { pem: ca } = authorities.get('ca')!;
  const links: PkiPlan['links'] = [];
  const files = await Promise.all(
    needs.map(async (need): Promise<Omit<PkiFile, 'why'>[]> => {
      const pair = pairs.get(need);
      const leaf = async (identity: Identity) => ({
        key: pair!.pem,
        certificate: await issueLeaf(identity, pair!, authorities.get(identity.ca)!, context),
      });
      switch (need.kind) {
        case 'ca': {
          const files = pairFiles(need.spec.name, authorities.get(need.spec.name)!.pem, pair?.pem ?? '');
          return need.key ? files : files.slice(1);
        }
        case 'leaf': {
          const { certificate, key } = await leaf(need.spec);
          return pairFiles(need.spec.name, certificate, key);
        }
        case 'kubelet': {
          const { certificate, key } = await leaf(need.spec);
          const path = `${KUBELET_PKI_DIR}/kubelet-client-${timestamp(context.now)}.pem`;
          links.push({ path: KUBELET_CLIENT_CURRENT, target: path });
          return [secretFile(path, certificate + key)];
        }
        case 'kubeconfig': {
          const { spec } = need;
          const path = kubeconfigPath(spec.file);
          const old = existing.get(path);
          const issued = need.certificate ? await leaf(spec) : old && readKubeconfig(old);
          const credentials =
            spec.credentials === 'kubelet'
              ? KUBELET_CREDENTIALS
              : embedded(issued!.certificate!, issued!.key!);
          const { commonName: user, server } = spec;
          return [
            secretFile(
              path,
              kubeconfigText({ clusterName: context.clusterName, user, server, ca, credentials }),
            ),
          ];
        }
        case 'service-account':
          return serviceAccountFiles(pair?.pem, existing);
      }
    }),
  );
  const write = files.flatMap((some, index) => some.map((file) => ({ ...file, why: needs[index]!.why })));
  return { write, links, problems, ca, caHash: caCertHash(ca) };
}

/** All key pairs that are needed, side by side: with RSA they are what takes the time. */
async function generate(needs: readonly Need[], context: PkiContext): Promise<Map<Need, KeyPair>> {
  const wanted = needs.filter((need) =>
    need.kind === 'kubeconfig' ? need.certificate : 'key' in need ? need.key : true,
  );
  return new Map(
    await Promise.all(
      wanted.map(async (need) => [need, await generateKeyPair(context.encryptionAlgorithm)] as const),
    ),
  );
}

async function allAuthorities(
  needs: readonly Need[],
  pairs: Map<Need, KeyPair>,
  context: PkiContext,
  existing: ExistingFiles,
): Promise<Map<CaName, Authority>> {
  const entries = authoritiesOf(context).map(async ({ name }): Promise<[CaName, Authority]> => {
    const need = needs.find((candidate) => candidate.kind === 'ca' && candidate.spec.name === name);
    if (need?.kind === 'ca' && !need.certificate) {
      const pair = pairs.get(need) ?? (await readKeyPair(existing.get(keyPath(name))!));
      return [name, await issueCa(need.spec, pair, context)];
    }
    const pem = (need?.kind === 'ca' && need.certificate) || existing.get(certPath(name))!.toString();
    const signer = await signingKey(createPrivateKey(existing.get(keyPath(name))!));
    return [name, { pem, certificate: new X509Certificate(pem), signer: signer! }];
  });
  return new Map(await Promise.all(entries));
}

function pairFiles(name: string, certificate: string, key: string): Omit<PkiFile, 'why'>[] {
  return [
    secretFile(keyPath(name), key),
    { path: certPath(name), mode: 0o644, content: certificate, secret: false },
  ];
}

function serviceAccountFiles(generated: string | undefined, existing: ExistingFiles): Omit<PkiFile, 'why'>[] {
  const key = generated ?? existing.get(SA_KEY)!.toString();
  const publicFile = { path: SA_PUB, mode: 0o600, content: publicPem(createPrivateKey(key)), secret: false };
  return generated ? [secretFile(SA_KEY, generated), publicFile] : [publicFile];
}

function secretFile(path: string, content: string): Omit<PkiFile, 'why'> {
  return { path, mode: 0o600, content, secret: true };
}

/** As in the kubelet's own file names: 2026-11-23-20-24-53. */
function timestamp(now: Date): string {
  return now.toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
}
