import 'reflect-metadata';
import { createPrivateKey, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import type { EncryptionAlgorithm } from '../spec/types.ts';
import { altNamesExtension, subjectName } from './issue.ts';
import { generateKeyPair, signingKey } from './keys.ts';
import type { Identity } from './table.ts';

x509.cryptoProvider.set(webcrypto as never);

/** A fresh key, and the request (PKCS #10, PEM) by which a CA elsewhere may certify it. */
export async function certificateRequest(
  identity: Identity,
  algorithm: EncryptionAlgorithm,
): Promise<{ key: string; request: string }> {
  const pair = await generateKeyPair(algorithm);
  const signer = await signingKey(createPrivateKey(pair.pem));
  if (!signer) throw new TypeError('a generated key that cannot sign');
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subjectName(identity),
    keys: { publicKey: pair.public, privateKey: signer.key },
    signingAlgorithm: signer.algorithm,
    extensions: [altNamesExtension(identity.sans)],
  });
  return { key: pair.pem, request: `${request.toString('pem').trim()}\n` };
}
