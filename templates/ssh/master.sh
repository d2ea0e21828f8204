# The system's ssh as a master, as long as our standard input is open: when kubewright is gone, however it went, no
# login stays behind. $@: the arguments of ssh.
exec 3<&0
ssh "$@" </dev/null 3<&- &
master=$!
{
  while read -r _; do :; done
  kill "$master"
} <&3 >/dev/null 2>&1 3<&- &
watcher=$!
exec 3<&-
wait "$master"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
