# sweep.sh KIND ARGUMENT…, as many pairs as wanted: takes away what daemons left that no journal knows of.
# KIND is mounts FOLDER | link NAME | ports BRIDGE | namespace PREFIX | table FAMILY NAME | iptables CHAIN-PREFIX |
# cgroup NAME | path PATH (a PATH that ends in /* means what is in the folder) | routes PROTOCOL | cni NETWORK |
# containerd NAMESPACE. What is gone already is no failure; what others have there stays.
failed=0

below() { # mount points below FOLDER, deepest first
  awk -v top="$1" '{ gsub(/\\040/, " ", $5); if (index($5, top "/") == 1) print $5 }' /proc/self/mountinfo | sort -r
}

unmount_below() {
  below "$1" | while IFS= read -r point; do
    umount "$point" 2>/dev/null || umount -l "$point" 2>/dev/null
  done
  [ -z "$(below "$1")" ] || { echo "still mounted below $1" >&2; failed=1; }
}

delete_link() {
  [ -e "/sys/class/net/$1" ] || return 0
  ip link delete "$1" 2>/dev/null || [ ! -e "/sys/class/net/$1" ] || { echo "link $1 stays" >&2; failed=1; }
}

delete_ports() { # the hosts' ends of the pods' cables
  for port in /sys/class/net/"$1"/brif/*; do
    [ ! -e "$port" ] || delete_link "${port##*/}"
  done
}

delete_namespaces() {
  for name in $(ip netns list 2>/dev/null | awk -v prefix="$1" 'index($1, prefix) == 1 {print $1}'); do
    ip netns delete "$name" 2>/dev/null || rm -f "/run/netns/$name" "/var/run/netns/$name"
  done
}

remove_cgroup() {
  for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -d "$root/$1" ] || continue
    find "$root/$1" -depth -type d -exec rmdir {} \; 2>/dev/null
  done
}

forget_network() { # addresses that host-local gave out, and what libcni noted of pods
  rm -rf "/var/lib/cni/networks/$1"
  for note in /var/lib/cni/results/*; do
    [ -f "$note" ] && grep -q K8S_POD_NAME "$note" && rm -f "$note"
  done
  rmdir /var/lib/cni/networks /var/lib/cni/results /var/lib/cni 2>/dev/null
}

empty_containerd() { # NAMESPACE: all of it, where no other namespace has containers
  run=/run/containerd
  data=/var/lib/containerd
  tasks=io.containerd.runtime.v2.task
  others=$(ls -d $run/$tasks/*/* $data/$tasks/*/* 2>/dev/null | grep -v "/$tasks/$1/")
  if [ -z "$others" ] && [ ! -e /run/kubewright/others-containers ]; then
    unmount_below $run
    remove_path $run
    remove_path "$data/*"
    return
  fi
  rm -f /run/kubewright/others-containers
  for folder in $run/$tasks/"$1" $run/io.containerd.grpc.v1.cri $run/io.containerd.sandbox.controller.v1.shim/"$1"; do
    unmount_below "$folder"
    remove_path "$folder"
  done
  for folder in $tasks/"$1" io.containerd.grpc.v1.cri io.containerd.sandbox.controller.v1.shim/"$1"; do
    remove_path "$data/$folder"
  done
}

remove_path() {
  case $1 in
    */'*') [ ! -d "${1%/\*}" ] || find "${1%/\*}" -xdev -mindepth 1 -delete 2>/dev/null || failed=1 ;;
    *) rm -rf --one-file-system "$1" || failed=1 ;;
  esac
}

iptables_chains() { # PREFIX: in the tables that iptables-nft shares with every firewall
  command -v nft >/dev/null || return 0
  for table in 'ip filter' 'ip nat' 'ip mangle' 'ip6 filter' 'ip6 nat' 'ip6 mangle'; do
    nft list table $table >/dev/null 2>&1 || continue
    nft -a list table $table 2>/dev/null |
      awk -v prefix="$1" '$1 == "chain" { chain = $2 } / handle / && $0 ~ "(jump|goto) " prefix { print chain, $NF }' |
      while read -r chain handle; do nft delete rule $table "$chain" handle "$handle" 2>/dev/null; done
    chains=$(nft list table $table 2>/dev/null | awk -v prefix="$1" '$1 == "chain" && index($2, prefix) == 1 { print $2 }')
    for chain in $chains; do nft flush chain $table "$chain"; done
    for chain in $chains; do nft delete chain $table "$chain"; done
    # What is left of a table that was made for them: nothing, or base chains that let everything pass.
    [ -z "$chains" ] || nft list table $table | awk '
      /^table |^}|^$/ || $1 == "}" || $1 == "chain" || ($1 == "type" && /policy accept;$/) { next }
      { rules = 1 }
      END { exit rules }' && nft delete table $table
  done 2>/dev/null
}

while [ $# -gt 0 ]; do
  kind=$1
  shift
  case $kind in
    mounts) unmount_below "$1" ;;
    link) delete_link "$1" ;;
    ports) delete_ports "$1" ;;
    cni) forget_network "$1" ;;
    containerd) empty_containerd "$1" ;;
    namespace) delete_namespaces "$1" ;;
    cgroup) remove_cgroup "$1" ;;
    path) remove_path "$1" ;;
    routes) ip route flush proto "$1" 2>/dev/null; ip -6 route flush proto "$1" 2>/dev/null ;;
    iptables) iptables_chains "$1" ;;
    table)
      nft delete table "$1" "$2" 2>/dev/null
      shift
      ;;
    *) echo "sweep.sh: unknown kind $kind" >&2; exit 2 ;;
  esac
  shift
done
exit $failed
