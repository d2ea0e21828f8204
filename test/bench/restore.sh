# restore.sh KEEP: brings the host back to the state "prepared": containerd runs with its images, executables, units and
# names are in place, everything that a cluster wrote is gone. The same for both contenders. KEEP is where `keep` put
# kubewright's own folder of the time when the host was prepared.
set -u
PATH=/usr/local/sbin:/usr/local/bin:$PATH
keep=$1
# A bare host: nothing to bring back.
command -v ctr >/dev/null || exit 0

pids() { find /sys/fs/cgroup -path '*kubepods*' -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u; }

empty() {
  for folder; do [ ! -d "$folder" ] || find "$folder" -xdev -mindepth 1 -delete 2>/dev/null; done
}

systemctl stop kubelet.service
left=50
while [ -n "$(pids)" ] && [ "$left" -gt 0 ]; do
  for pid in $(pids); do kill -KILL "$pid" 2>/dev/null; done
  sleep 0.2
  left=$((left - 1))
done
for container in $(ctr -n k8s.io containers ls -q 2>/dev/null); do
  ctr -n k8s.io tasks rm -f "$container" >/dev/null 2>&1
  ctr -n k8s.io containers rm "$container" >/dev/null 2>&1
done
# The CRI plugin's own records of sandboxes: the kubelet would count them as earlier attempts.
for sandbox in $(ctr -n k8s.io sandboxes ls 2>/dev/null | awk 'NR > 1 { print $1 }'); do
  ctr -n k8s.io sandboxes rm --force "$sandbox" >/dev/null 2>&1
done
systemctl stop containerd.service
for shim in $(ps -eo pid=,args= | awk '/containerd-shim-runc-v2 -namespace k8s.io/ && !/awk/ { print $1 }'); do
  kill -KILL "$shim" 2>/dev/null
done
awk '$5 ~ "^/(var/lib/kubelet|run/containerd|run/netns)/" { print $5 }' /proc/self/mountinfo | sort -r |
  while IFS= read -r point; do umount -l "$point" 2>/dev/null; done
for name in $(ip -o link show | awk -F': ' '{ sub(/@.*/, "", $2); print $2 }' | grep -E '^(cni0|flannel|veth|kube-)'); do
  ip link delete "$name" 2>/dev/null
done
nft flush ruleset
find /sys/fs/cgroup -depth -type d -path '*kubepods*' -exec rmdir {} \; 2>/dev/null
rm -rf /run/containerd /run/flannel /run/netns /run/kubelet /var/lib/cni /var/log/pods /var/log/containers
empty /etc/kubernetes /etc/cni/net.d /var/lib/kubelet /var/lib/etcd
empty /var/lib/containerd/io.containerd.grpc.v1.cri /var/lib/containerd/io.containerd.runtime.v2.task
if [ "$keep" != none ]; then rm -rf /var/lib/kubewright && cp -a "$keep" /var/lib/kubewright; fi
systemctl daemon-reload
systemctl reset-failed kubelet.service 2>/dev/null
systemctl start containerd.service
left=50
until ctr version >/dev/null 2>&1 || [ "$left" -eq 0 ]; do
  sleep 0.1
  left=$((left - 1))
done
sync
