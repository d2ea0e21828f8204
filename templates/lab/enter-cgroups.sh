#!/bin/sh
# enter-cgroups.sh FOLDER... -- COMMAND...: joins every cgroup, then becomes the command. The cgroup namespace
# that systemd-nspawn makes is rooted where its own process is, so this has to come before it.
set -e
while [ "$1" != -- ]; do
  echo $$ > "$1/cgroup.procs"
  shift
done
shift
exec "$@"
