import type { Facts } from '../../host/port.ts';
import type { HostBinary } from '../steps/binary.ts';
import type { Finding } from './finding.ts';
import { finding } from './machine.ts';

/** What a host needs that downloads by itself (spec.artifacts.delivery). */
export function fetcherFindings({ commands }: Facts, binaries: readonly HostBinary[]): Finding[] {
  if (!binaries.some(({ from }) => from) || commands.curl || commands.wget) return [];
  return [
    finding(
      'Downloader',
      'it has neither curl nor wget, and is to download executables by itself',
      'install curl there, or use --artifacts-delivery upload',
    ),
  ];
}
