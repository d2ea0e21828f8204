import type { OperationDraft } from '../../engine/step.ts';
import { textTemplate } from '../manifests/template.ts';

/** Where hosts that are served already listen, while a run lasts: firewalls between hosts have to let it through. */
export const SHARE_PORT = 10299;
/** A folder for each run, named by its token, with artifacts named by their sha256. */
export const SHARE_FOLDER = '/var/lib/kubewright-share';
/** Units and scripts lie where a reboot takes them away. */
const UNITS = '/run/systemd/system';
const SCRIPTS = '/run/kubewright-share';
/** After which a share ends by itself, because its run did not come to it. */
export const SHARE_MINUTES = 30;

/** In a plan, where nobody can know yet which it will be. */
export const FROM_HOSTS = ' from a host already served, or from here';

const SOCKET = 'kubewright-share.socket';
const TIMER = 'kubewright-share-end.timer';

const places = { folder: SHARE_FOLDER, scripts: SCRIPTS };

/** Makes the host give artifacts to others at this address of it: systemd listens, and starts a shell for each request. */
export function openShare(address: string): OperationDraft[] {
  return [
    file(SCRIPTS, 'answer.sh'),
    file(SCRIPTS, 'end.sh', { ...places, units: UNITS }),
    file(UNITS, SOCKET, { listen: authority(address) }),
    file(UNITS, 'kubewright-share@.service', places),
    file(UNITS, TIMER, { minutes: String(SHARE_MINUTES) }),
    file(UNITS, 'kubewright-share-end.service', { scripts: SCRIPTS }),
    { kind: 'unit', name: '', action: 'reload' },
    { kind: 'unit', name: TIMER, action: 'restart' },
    { kind: 'unit', name: SOCKET, action: 'restart' },
  ];
}

/** Takes away what these runs share on the host; nothing else of it stays. */
export function endShares(tokens: readonly string[]): OperationDraft {
  const script = textTemplate('share/end.sh', { ...places, units: UNITS });
  return {
    kind: 'run',
    argv: ['sh', '-c', script, 'end.sh', ...tokens],
    label: 'end the share of artifacts',
  };
}

export function shareFolder(token: string): string {
  return `${SHARE_FOLDER}/${token}`;
}

export function shareUrl(address: string, token: string, sha256: string): string {
  return `http://${authority(address)}/${token}/${sha256}`;
}

function authority(address: string): string {
  return `${address.includes(':') ? `[${address}]` : address}:${SHARE_PORT}`;
}

function file(folder: string, name: string, values: Record<string, string> = {}): OperationDraft {
  const content = textTemplate(`share/${name}`, values);
  return { kind: 'write', path: `${folder}/${name}`, mode: 0o644, content };
}
