import { KubewrightError } from '../../base/errors.ts';
import { readClusterFile } from './file.ts';
import { convertKubeadm, type KubeadmFile } from './kubeadm/convert.ts';
import type { HostOptions } from './kubeadm/hosts.ts';
import { isOfKubeadm } from './kubeadm/kinds.ts';
import { readText } from './located-text.ts';
import type { ClusterSpecInput } from './types.ts';

/** What --config takes: a cluster file, or one of kubeadm. Throws InvalidClusterFile with all that is wrong. */
export function readConfig(text: string, source: string, options: HostOptions = {}): KubeadmFile {
  const { documents } = readText(text, 1);
  if (documents.some(({ value }) => isOfKubeadm(value))) return convertKubeadm(text, source, options);
  return readClusterFile(text, source);
}

/** The specification of a file for a cluster file. Throws NodeNameMissing where a host has no name. */
export function migrated({ input, unnamed, source }: KubeadmFile): ClusterSpecInput {
  if (!unnamed) return input;
  throw new KubewrightError({
    code: 'NodeNameMissing',
    message: `${source} does not name its host (nodeRegistration.name), and a cluster file lists hosts by name.`,
    hint: `kubewright config migrate -f ${source} --node-name NAME`,
    exit: 'invalidInput',
  });
}
