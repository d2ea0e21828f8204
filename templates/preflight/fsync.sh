# How long the disk of FOLDER takes to have a write of etcd's size on it: BATCHES times dd's own words for so many WRITES.
# Nothing where etcd keeps data there already. fsync.sh FOLDER BATCHES WRITES
[ ! -e "$1/member" ] || exit 0
at=$1
while [ -n "$at" ] && [ ! -d "$at" ]; do at=${at%/*}; done
file=$(umask 077 && mktemp "${at:-/}/.kubewright-fsync.XXXXXX" 2>/dev/null) || exit 0
trap 'rm -f "$file"' EXIT
trap 'exit 1' TERM INT HUP
batches=$2
while [ "$batches" -gt 0 ]; do
  dd if=/dev/zero "of=$file" bs=2300 "count=$3" oflag=dsync conv=notrunc 2>&1 || exit 0
  batches=$((batches - 1))
done
