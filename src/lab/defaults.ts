import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { cgroupLayout } from './cgroups.ts';
import type { LabDefaults } from './port.ts';

/** The bit of CAP_SYS_RESOURCE in a capability mask (linux/capability.h). */
const CAP_SYS_RESOURCE = 24n;
/** Below this kubeadm's preflight objects: 1700 MB for a control plane. */
const CONTROL_PLANE_BYTES = 1700e6;

/** What this machine imposes on every lab host: they share its kernel, its disk and its cgroup version. */
export async function labDefaults(): Promise<LabDefaults> {
  const { version } = await cgroupLayout();
  const swaps = (await readFile('/proc/swaps', 'utf8').catch(() => '')).trim().split('\n').slice(1);
  const bounding = /^CapBnd:\s+(\w+)/m.exec(await readFile('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const ignore = [
    version === 1 && 'CgroupV1',
    availableParallelism() < 2 && 'NumCPU',
    totalmem() < CONTROL_PLANE_BYTES && 'Mem',
    swaps.length > 0 && 'Swap',
  ];
  return {
    ignorePreflightErrors: ignore.filter((name) => name !== false),
    kubelet: {
      ...(version === 1 ? { failCgroupV1: false, cgroupDriver: 'cgroupfs' } : {}),
      ...(swaps.length > 0 ? { failSwapOn: false } : {}),
      // The hosts share one disk: the fuller it is for other reasons, the sooner images that nobody can pull
      // again would be collected, and pods evicted.
      imageGCHighThresholdPercent: 100,
      imageGCLowThresholdPercent: 99,
      evictionHard: { 'memory.available': '100Mi', 'nodefs.available': '2%', 'imagefs.available': '2%' },
    },
    // nf_conntrack_max is read-only outside the first network namespace.
    kubeProxy: {
      conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
    },
    restrictOomScoreAdj: ((BigInt(`0x${bounding}`) >> CAP_SYS_RESOURCE) & 1n) === 0n,
    extraImages: ['agnhost'],
  };
}
