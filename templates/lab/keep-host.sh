#!/bin/sh
# keep-host.sh CGROUP... -- COMMAND...: runs a host in CGROUP/machine of every hierarchy, and again when it reboots.
# The cgroup namespace that systemd-nspawn makes is rooted where its own process is, so that comes before it; this
# shell stays beside it, because on cgroup v2 a cgroup that has children with controllers holds no processes.
set -e
groups=
while [ "$1" != -- ]; do
  groups="$groups $1"
  mkdir -p "$1/keeper" "$1/machine"
  echo $$ > "$1/keeper/cgroup.procs"
  if [ -e "$1/cgroup.controllers" ]; then
    for controller in $(cat "$1/cgroup.controllers"); do
      echo "+$controller" > "$1/cgroup.subtree_control" || true
    done
  fi
  shift
done
shift

# With --keep-unit, systemd-nspawn does not reboot a machine itself: it ends with 133 and wants to be started again.
status=133
while [ "$status" -eq 133 ]; do
  for group in $groups; do
    # What the machine made before it rebooted: a kernel that starts has no cgroups.
    find "$group/machine" -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  status=0
  (
    # The shell's own number would be its parent's.
    for group in $groups; do sh -c 'echo $PPID' > "$group/machine/cgroup.procs"; done
    exec "$@"
  ) || status=$?
done
exit "$status"
