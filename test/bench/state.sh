# What a contender finds, as text that can be compared: equal before every run, or the run does not count.
PATH=/usr/local/sbin:/usr/local/bin:$PATH
echo '# left by clusters'
find /etc/kubernetes /etc/cni /var/lib/kubelet /var/lib/etcd /var/lib/cni /run/flannel /run/netns /var/log/pods \
  /var/log/containers -mindepth 1 -printf '%p %y %s\n' 2>/dev/null | sort
nft list ruleset 2>/dev/null
ip -o link show | awk -F': ' '{ sub(/@.*/, "", $2); print "link", $2 }'
ip route show
awk '$5 ~ "^/(var/lib/kubelet|run/containerd)/" { print "mount", $5 }' /proc/self/mountinfo
find /sys/fs/cgroup -type d -name 'kubepods*' 2>/dev/null
ps -eo comm= | grep -E '^(etcd|kube|coredns|flanneld|containerd-shim|pause)' | sort
echo '# containerd'
ctr -n k8s.io containers ls -q 2>/dev/null
ctr -n k8s.io sandboxes ls 2>/dev/null | awk 'NR > 1 { print "sandbox", $1 }'
ctr -n k8s.io images ls -q 2>/dev/null | sort
echo '# units'
for unit in kubelet containerd; do
  echo "$unit $(systemctl is-active "$unit") $(systemctl is-enabled "$unit")"
done
echo '# files in place'
sha256sum /etc/containerd/config.toml /etc/hosts /etc/systemd/system/kubelet.service \
  /etc/systemd/system/kubelet.service.d/* /etc/systemd/system/containerd.service /etc/sysctl.d/90-kubewright.conf
stat -c '%n %s %i %Y %a' /usr/local/bin/* /usr/local/sbin/* /opt/cni/bin/*
find /var/lib/kubewright -type f -exec sha256sum {} + 2>/dev/null | sort -k 2
cat /proc/sys/net/ipv4/ip_forward
