import { KubewrightError } from '../../base/errors.ts';
import { caCertHash, certificatesOf } from '../pki/hash.ts';

const PIN = /^sha256:[0-9a-f]{64}$/i;

/** Pins as kubeadm takes them, `sha256:` and the SHA-256 of the public key (SPKI) in hex; throws where one is not that. */
export function requirePins(pins: readonly string[]): string[] {
  const wrong = pins.find((pin) => !PIN.test(pin));
  if (wrong === undefined) return pins.map((pin) => pin.toLowerCase());
  throw new KubewrightError({
    code: 'InvalidCaCertHash',
    message: `"${wrong}" is not the hash of a CA's public key: that is "sha256:" and 64 hexadecimal digits.`,
    hint: 'kubewright token create --print-join-command prints it with everything else that is needed.',
    exit: 'invalidInput',
  });
}

/** Those certificates of the bundle whose keys are pinned. Throws where there is none. */
export function pinnedCertificates(server: string, bundle: string, pins: readonly string[]): string {
  const found = certificatesOf(bundle).map((pem) => ({ pem, pin: caCertHash(pem) }));
  const pinned = found.filter(({ pin }) => pins.includes(pin));
  if (pinned.length > 0) return `${pinned.map(({ pem }) => pem).join('\n')}\n`;
  throw new KubewrightError({
    code: 'CaNotPinned',
    message: `${server} does not have the CA that was asked for: its key is ${found.map(({ pin }) => pin).join(', ')}, not ${pins.join(', ')}. The token was not sent.`,
    hint: 'Is this the right cluster, and the hash of its CA? kubewright token create --print-join-command, run by an administrator, prints both.',
    exit: 'apiUnreachable',
  });
}
