import { readClusterFile } from './file.ts';
import { convertKubeadm, type KubeadmFile } from './kubeadm/convert.ts';
import type { HostOptions } from './kubeadm/hosts.ts';
import { isOfKubeadm } from './kubeadm/kinds.ts';
import { readText } from './located-text.ts';

/** What --config takes: a cluster file, or one of kubeadm. Throws InvalidClusterFile with all that is wrong. */
export function readConfig(text: string, source: string, options: HostOptions = {}): KubeadmFile {
  const { documents } = readText(text, 1);
  if (documents.some(({ value }) => isOfKubeadm(value))) return convertKubeadm(text, source, options);
  return readClusterFile(text, source);
}
