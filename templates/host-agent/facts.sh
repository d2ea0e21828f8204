# One record of the host, as raw text that src/host/facts.ts reads. Nothing here changes anything: features are
# judged by their effect, or by a dry run of modprobe.

# said NAME COMMAND…: the command's output as a fact.
said() {
  open_body fact "$1"
  shift
  limited 10 "$@" 2>/dev/null >&3 3>&- 4<&-
  close_body
}

# text NAME FILE: a small file as a fact, without a fork.
text() {
  open_body fact "$1"
  while IFS= read -r row || [ -n "$row" ]; do printf '%s\n' "$row"; done 2>/dev/null <"$2" >&3
  close_body
}

feature() { # NAME COMMAND…: true when the command succeeds
  name=$1
  shift
  if "$@" >/dev/null 2>&1; then frame feature "$name" 1; else frame feature "$name" 0; fi
}

# The clock comes first and leaves at once: half of the round trip is taken off on the other side. The uptime is read
# right before it, without a fork: what lies between the two looks as if the host had booted so much later. Read after
# it, on a busy host, units would look older than their files and be restarted for nothing.
facts() {
  proc=$P/proc
  [ -d "$proc" ] || proc=/proc
  text uptime "$proc/uptime"
  frame clock "$(date +%s%N)"
  said uname uname -snrm
  frame uid "$(id -u)"
  text os "$P/etc/os-release"
  text machine-id "$P/etc/machine-id"
  text boot-id "$proc/sys/kernel/random/boot_id"
  text memory "$proc/meminfo"
  text swaps "$proc/swaps"
  text status "$proc/self/status"
  said cpus nproc
  cgroups=1
  [ ! -e "$P/sys/fs/cgroup/cgroup.controllers" ] && [ ! -e /sys/fs/cgroup/cgroup.controllers ] || cgroups=2
  frame cgroup "$cgroups"
  text init "$proc/1/comm"
  said addresses ip -o addr show
  said routes ip route show
  said routes6 ip -6 route show
  said links ip -o link show
  text resolv "$P/etc/resolv.conf"
  text resolved "$P/run/systemd/resolve/resolv.conf"
  text logins "$P/etc/environment"
  for settings in "$P/etc/systemd/system.conf" "$P/etc/systemd/system.conf.d"/*.conf; do text services "$settings"; done
  text ufw "$P/etc/ufw/ufw.conf"
  chains
  if command -v ss >/dev/null 2>&1; then
    said listeners ss -Hltnp
  else
    text tcp "$proc/net/tcp"
    text tcp6 "$proc/net/tcp6"
  fi
  disks /var/lib /etc /tmp /var/lib/etcd /var/lib/containerd /var/lib/kubelet
  features
  commands systemctl flock timeout sha256sum tar sudo mount umount mountpoint findmnt nsenter modprobe sysctl swapoff \
    ip ss tc nft iptables conntrack ebtables ethtool socat crictl ctr containerd runc kubelet kubeadm kubectl etcdctl \
    apt-get dnf yum zypper curl wget apparmor_parser firewall-cmd ufw setenforce blkid fuser
}

# The tables of nftables, and what a packet to the host itself meets first.
chains() {
  open_body fact chains
  limited 10 nft list chains 2>/dev/null 3>&- 4<&- | grep -e '^table ' -e 'hook input' >&3
  close_body
}

# disks PATH…: of the nearest folder that exists. Block size, blocks, blocks to be had, inodes free and in all.
disks() {
  for disk; do
    at=$P$disk
    while [ -n "$at" ] && [ ! -d "$at" ]; do at=${at%/*}; done
    frame disk "$disk" $(stat -f -c '%S %b %a %d %c' "${at:-/}" 2>/dev/null)
  done
}

commands() {
  for name; do
    ! command -v "$name" >/dev/null 2>&1 || found="${found:-} $name"
  done
  frame commands ${found:-}
  found=
}

features() {
  feature bridgeNetfilter bridges
  feature overlay file_system overlay
  feature nftables limited 10 nft list tables
  feature vxlan module vxlan
  feature ipForward word "$proc/sys/net/ipv4/ip_forward" 1
  feature ipv6 test -d "$proc/sys/net/ipv6"
  feature systemd test -d "$P/run/systemd/system"
  feature systemdResolved test -e "$P/run/systemd/resolve/resolv.conf"
  feature kmsg test -e "$P/dev/kmsg"
  feature modules test -e "$proc/modules"
  feature selinuxEnforcing word "$P/sys/fs/selinux/enforce" 1
  feature apparmor word "$P/sys/module/apparmor/parameters/enabled" Y
  feature conntrackMaxWritable test -w "$proc/sys/net/netfilter/nf_conntrack_max"
  feature rootShared root_shared
}

# The tables of the bridge filter are there, or the module that brings them can be loaded.
bridges() { [ -e "$proc/sys/net/bridge/bridge-nf-call-iptables" ] || modprobe -n -q br_netfilter; }

file_system() {
  while read -r first second; do
    [ "${second:-$first}" != "$1" ] || return 0
  done <"$proc/filesystems"
  modprobe -n -q "$1"
}

module() { [ -d "$P/sys/module/$1" ] || [ -d "/sys/module/$1" ] || modprobe -n -q "$1"; }

word() {
  [ -e "$1" ] || return 1
  read -r first _ <"$1"
  [ "$first" = "$2" ]
}

root_shared() {
  while read -r _ _ _ _ place _ rest; do
    [ "$place" != / ] || case $rest in shared:* | *' shared:'*) return 0 ;; esac
  done <"$proc/self/mountinfo"
  return 1
}
