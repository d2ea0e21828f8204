import { KubewrightError } from '../base/errors.ts';

export const ARCHITECTURES = ['amd64', 'arm64'] as const;

/** This machine's architecture in Go's words. */
export function hostArch(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch;
}

export function requireArch(arch: string): void {
  if ((ARCHITECTURES as readonly string[]).includes(arch)) return;
  throw new KubewrightError({
    code: 'ArchitectureUnsupported',
    message: `there are no artifacts for the architecture ${arch}`,
    hint: `Hosts have to be one of: ${ARCHITECTURES.join(', ')}.`,
    exit: 'unsupportedHost',
  });
}
