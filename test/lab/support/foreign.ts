import { expect } from 'vitest';
import type { LabHost } from '../../../src/lab/port.ts';
import { shell } from './lab.ts';

/** What other software has on a host, in the places where kubewright has its own things. */
const THINGS = `
nft add table inet foreign
nft 'add chain inet foreign input { type filter hook input priority 10; }'
nft add rule inet foreign input tcp dport 9 counter drop
mkdir -p /etc/cni/net.d /var/lib/cni/networks/foreign
echo '{"cniVersion":"0.3.1","name":"foreign","plugins":[]}' >/etc/cni/net.d/99-foreign.conflist
echo foreign >/var/lib/cni/networks/foreign/10.99.0.2
ip link add vethforeign0 type veth peer name vethforeign1
`;

const RUN = '/run/containerd/io.containerd.runtime.v2.task/foreign/f1';

/** In a namespace of its own of the containerd that is there, as docker or a person with ctr has them. */
const CONTAINER = `
image=$(ctr -n k8s.io images ls -q | grep '/pause:' | head -n 1)
ctr -n k8s.io images export /root/foreign.tar "$image"
ctr -n foreign images import /root/foreign.tar >/dev/null
rm /root/foreign.tar
ctr -n foreign run --detach --null-io "$image" f1
`;

/** As its owner would, without a containerd. The pattern does not match the shell that it stands in. */
const END = `
pkill -f 'containerd-shi[m]-runc-v2 -namespace foreign' ; kill -9 $(cat ${RUN}/init.pid)
sleep 1
awk '$5 ~ "^/run/containerd/" { print $5 }' /proc/self/mountinfo | sort -r | xargs -r -n 1 umount
rm -rf /run/containerd; find /var/lib/containerd -mindepth 1 -delete
find /sys/fs/cgroup -depth -type d -path '*/foreign*' -exec rmdir {} ';' 2>/dev/null
true
`;

async function must(host: LabHost, script: string): Promise<string> {
  const { exit, stdout, stderr } = await shell(host, `set -e\n${script}`);
  expect(exit, stderr).toBe(0);
  return stdout;
}

export const foreign = {
  place: (host: LabHost) => must(host, THINGS),
  run: (host: LabHost) => must(host, CONTAINER),
  /** Its process runs, on a root that is mounted, and its image is in containerd's data. */
  expectRunning: async (host: LabHost) => {
    const seen = `kill -0 $(cat ${RUN}/init.pid); grep -c ' ${RUN}/rootfs ' /proc/self/mountinfo; strings -a /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db 2>/dev/null || cat /var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db | tr -c '[:print:]' '\\n'`;
    const text = await must(host, seen);
    expect(text.split('\n')[0]).toBe('1');
    expect(text).toContain('foreign');
  },
  end: (host: LabHost) => shell(host, END),
};
