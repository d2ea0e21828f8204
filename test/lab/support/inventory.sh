# Printed by a lab host about itself: one line a thing, its kind first. Run with sh on the host.
set -u
export LC_ALL=C
# /mnt/readonly: folders of this machine, which no host can change.
seen() { find / \( -path /mnt/readonly -o -path /proc -o -path /sys -o -path /dev -o -path /run/systemd -o -path /run/log \) -prune -o "$@"; }
seen -printf 'file %p %y %m %U:%G %l\n'
seen -type f -print0 | xargs -0 -r sha256sum 2>/dev/null | sed -E 's/^\\?([0-9a-f]{64}) .(.*)$/content \2 \1/'
# Fields 4, 5 and what follows the dash: root, mount point, type, source. The numbers before change at every boot.
awk '{ dash = 0; for (i = 1; i <= NF; i++) if ($i == "-") dash = i; print "mount", $5, $(dash + 1), $(dash + 2), $4 }' /proc/self/mountinfo
ip -o link | sed -E 's/^[0-9]+: ([^:@]+)[:@].*$/interface \1/'
ip -o -4 addr | awk '{ print "address", $2, $4 }'
ip route show table all | sed 's/^/route /'
nft -s list ruleset | sed 's/^/nftables /'
find /sys/fs/cgroup -mindepth 1 -type d -printf 'cgroup %p\n'
