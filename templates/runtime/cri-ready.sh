# cri-ready.sh SECONDS: whether containerd serves CRI, which a kubelet cannot do without. containerd itself goes on
# without the plugin when its start failed, so that the unit's state says nothing of it.
left=$(($1 * 5))
while :; do
  status=$(ctr --connect-timeout 2s plugins ls 2>/dev/null | awk '$1 == "io.containerd.grpc.v1" && $2 == "cri" {print $NF}')
  [ "$status" != ok ] || exit 0
  [ "$left" -gt 0 ] && [ "$status" != error ] || break
  sleep 0.2
  left=$((left - 1))
done
[ "$1" -eq 0 ] || journalctl -u containerd -o cat -n 200 --no-pager 2>/dev/null | grep -E 'io.containerd.(grpc|cri).v1|level=(error|fatal)' | tail -n 5 >&2
exit 1
