import type { EtcdCredentials } from '../etcd/credentials.ts';
import type { ExternalEtcd } from '../etcd/external.ts';
import { matches, readCertificate, timeFault } from '../pki/inspect.ts';
import { readPrivateKey } from '../pki/keys.ts';

/** What is wrong with the files by themselves, a line each; nothing of one that is not there. */
export function certificateFaults(
  { files, paths }: Pick<ExternalEtcd, 'files' | 'paths'>,
  now: Date,
): string[] {
  const { ca, cert, key } = files;
  const authority = ca === undefined ? undefined : readCertificate(ca);
  const certificate = cert === undefined ? undefined : readCertificate(cert);
  const pair = key === undefined ? undefined : readPrivateKey(key);
  const faults = [
    ca !== undefined && !authority && `${paths.ca} is not a certificate`,
    authority && !authority.ca && `${paths.ca} is not the certificate of an authority`,
    authority && told(paths.ca, timeFault(authority, now)),
    cert !== undefined && !certificate && `${paths.cert} is not a certificate`,
    certificate && told(paths.cert, timeFault(certificate, now)),
    certificate &&
      !isForClients(certificate.keyUsage) &&
      `${paths.cert} is not for clients (extended key usage)`,
    key !== undefined && !pair && `${paths.key} is not a private key that can be read`,
    certificate && pair && !matches(certificate, pair) && `${paths.key} does not belong to ${paths.cert}`,
  ];
  return faults.filter((fault) => typeof fault === 'string');
}

function told(path: string, fault: string | undefined): string | undefined {
  return fault && `${path} is ${fault}`;
}

const CLIENT = '1.3.6.1.5.5.7.3.2';
const ANY = '2.5.29.37.0';

/** Without the extension it is for everything. */
function isForClients(usages: readonly string[] | undefined): boolean {
  return !usages || usages.includes(CLIENT) || usages.includes(ANY);
}

/** Whether the authority of the servers has signed the client too; it need not, but then it is worth a word. */
export function isSignedByTheirs({ ca, cert }: EtcdCredentials): boolean {
  const [authority, certificate] = [readCertificate(ca), readCertificate(cert)];
  return Boolean(authority && certificate?.verify(authority.publicKey));
}
