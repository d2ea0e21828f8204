import { KubewrightError } from '../base/errors.ts';

/** @throws KubewrightError RootNeeded */
export function requireRoot(): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return;
  throw new KubewrightError({
    code: 'RootNeeded',
    message: 'A lab boots real hosts on this machine, which takes Linux and root.',
    hint: 'Run the same command as root: `sudo kubewright lab …`.',
    exit: 'prerequisite',
  });
}
