import { KubewrightError } from '../base/errors.ts';

const LABEL = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;

/** A DNS label (RFC 1123), because it becomes a host name and a node name. @throws KubewrightError LabNameInvalid */
export function checkHostName(name: string): void {
  if (LABEL.test(name) && name.length <= 63 && name !== 'local' && name !== 'localhost') return;
  throw invalid('host', name, 63);
}

/** Also a folder and part of a cgroup's name. @throws KubewrightError LabNameInvalid */
export function checkLabName(name: string): void {
  if (LABEL.test(name) && name.length <= 40) return;
  throw invalid('lab', name, 40);
}

function invalid(what: string, name: string, length: number): KubewrightError {
  return new KubewrightError({
    code: 'LabNameInvalid',
    message: `"${name}" cannot be the name of a ${what}.`,
    hint: `Use small letters, digits and dashes, at most ${length} of them ("local" means this machine).`,
    exit: 'invalidInput',
  });
}
