# sweep.sh KIND ARGUMENT…, as many pairs as wanted: takes away what daemons left that no journal knows of.
# KIND is mounts FOLDER | link NAME-or-PREFIX* | namespace PREFIX | table FAMILY NAME | iptables CHAIN-PREFIX |
# cgroup NAME | path PATH (a PATH that ends in /* means what is in the folder) | routes PROTOCOL. What is gone already is no failure.
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

delete_links() {
  case $1 in
    *'*') names=$(ip -o link show | awk -F': ' -v prefix="${1%\*}" 'index($2, prefix) == 1 {sub(/@.*/, "", $2); print $2}') ;;
    *) names=$1 ;;
  esac
  for name in $names; do
    [ -e "/sys/class/net/$name" ] || continue
    ip link delete "$name" 2>/dev/null || [ ! -e "/sys/class/net/$name" ] || { echo "link $name stays" >&2; failed=1; }
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
    link) delete_links "$1" ;;
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
